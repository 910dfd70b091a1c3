-- The percent of women among a county's people ($fips).
SELECT
    'pct_female' AS name,
    round(100.0 * sum(people) FILTER (sex = 'F') / sum(people), 2) AS value,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    'Census Bureau population estimates' AS source
FROM county_age_sex
WHERE fips = $fips
HAVING sum(people) > 0;
