-- county_population: from {file} (all text), a Census co-est…-alldata file, which has columns per year.
CREATE OR REPLACE TABLE county_population AS
WITH cells AS (
    UNPIVOT (
        SELECT place_key AS fips, "CTYNAME" AS county_name, COLUMNS('^(POPESTIMATE|BIRTHS|DEATHS|NETMIG)[0-9]{4}$')
        FROM {file}
    )
    ON COLUMNS(* EXCLUDE (fips, county_name))
    INTO NAME cell VALUE content
),
parts AS (
    SELECT fips, county_name, right(cell, 4) AS year, left(cell, -4) AS part, content::BIGINT AS people FROM cells
)
SELECT
    fips,
    county_name,
    state,
    year,
    max(people) FILTER (part = 'POPESTIMATE') AS population,
    max(people) FILTER (part = 'BIRTHS') AS births,
    max(people) FILTER (part = 'DEATHS') AS deaths,
    max(people) FILTER (part = 'NETMIG') AS net_migration
FROM parts LEFT JOIN (SELECT fips AS state_fips, state FROM init_states) ON state_fips = left(fips, 2)
GROUP BY ALL
ORDER BY fips, year;

COMMENT ON TABLE county_population IS 'Census Bureau population estimates of 1 July by county and year; births, deaths and net migration of the twelve months before.';
