-- county_age_sex and county_race_sex: from {file} (all text), a Census cc-est…-alldata file, latest year. Age group 0 is
-- all ages, 1 to 18 are five years each, the last 85 and over. "Alone" categories and "two or more" add up to everybody.
CREATE OR REPLACE TABLE county_age_sex AS
WITH cells AS (
    UNPIVOT (SELECT left(place_key, 5) AS fips, "AGEGRP"::INT AS age_group, "TOT_MALE" AS m, "TOT_FEMALE" AS f FROM {file})
    ON m, f
    INTO NAME sex VALUE content
)
SELECT
    fips,
    CASE age_group WHEN 18 THEN '85+' ELSE format('{}-{}', 5 * (age_group - 1), 5 * age_group - 1) END AS age_band,
    upper(sex) AS sex,
    content::BIGINT AS people
FROM cells
WHERE age_group > 0
ORDER BY fips, age_group, sex;

CREATE OR REPLACE TABLE county_race_sex AS
WITH cells AS (
    UNPIVOT (
        SELECT left(place_key, 5) AS fips, COLUMNS('^N?H(WA|BA|IA|AA|NA|TOM)_(MALE|FEMALE)$') FROM {file} WHERE "AGEGRP" = '0'
    )
    ON COLUMNS(* EXCLUDE fips)
    INTO NAME cell VALUE content
)
SELECT
    fips,
    CASE regexp_extract(cell, '^N?H([A-Z]+)_', 1)
        WHEN 'WA' THEN 'white' WHEN 'BA' THEN 'black' WHEN 'IA' THEN 'native'
        WHEN 'AA' THEN 'asian' WHEN 'NA' THEN 'pacific' ELSE 'multiple'
    END AS race,
    NOT starts_with(cell, 'NH') AS hispanic,
    CASE WHEN ends_with(cell, '_FEMALE') THEN 'F' ELSE 'M' END AS sex,
    content::BIGINT AS people
FROM cells
ORDER BY ALL;

COMMENT ON TABLE county_age_sex IS 'Census Bureau population estimates by county, age band and sex.';
COMMENT ON TABLE county_race_sex IS 'Census Bureau population estimates by county, race alone or several, Hispanic origin and sex.';
