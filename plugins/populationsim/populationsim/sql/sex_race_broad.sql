-- county_age_sex and county_race_sex: from {file} (all text), Census estimates with broad ages by sex, and race and
-- Hispanic origin by sex. Those of 85 and over are among those of 65 and over.
CREATE OR REPLACE TABLE county_age_sex AS
WITH people AS (
    SELECT
        place_key AS fips,
        unnest([
            ('0-17', 'M', "Male_age0to17"::BIGINT), ('0-17', 'F', "Female_age0to17"::BIGINT),
            ('18-64', 'M', "Male_age18to64"::BIGINT), ('18-64', 'F', "Female_age18to64"::BIGINT),
            ('65-84', 'M', "Male_age65plus"::BIGINT - "Male_age85plusr"::BIGINT),
            ('65-84', 'F', "Female_age65plus"::BIGINT - "Female_age85plusr"::BIGINT),
            ('85+', 'M', "Male_age85plusr"::BIGINT), ('85+', 'F', "Female_age85plusr"::BIGINT)
        ]) AS cell
    FROM {file}
    WHERE "Total_population" <> ''
)
SELECT fips, cell[1] AS age_band, cell[2] AS sex, cell[3] AS people FROM people ORDER BY ALL;

CREATE OR REPLACE TABLE county_race_sex AS
WITH cells AS (
    UNPIVOT (
        SELECT place_key AS fips, COLUMNS('^N?H(WA|BA|IA|AA|NA|TOM)_(MALE|FEMALE)$') FROM {file} WHERE "Total_population" <> ''
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
WHERE content <> ''
ORDER BY ALL;

COMMENT ON TABLE county_age_sex IS 'Census Bureau population estimates by county, age band and sex.';
COMMENT ON TABLE county_race_sex IS 'Census Bureau population estimates by county, race alone or several, Hispanic origin and sex.';
