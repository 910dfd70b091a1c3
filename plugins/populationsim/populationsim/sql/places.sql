-- {areas} and {measures}: from {file} (all text), a CDC PLACES file of counties or tracts in the GIS-friendly layout,
-- which has four columns per measure. Intervals are written "(lower, upper)".
CREATE OR REPLACE TABLE {areas} AS
SELECT
    place_key AS fips,
    {county} AS county_fips,
    "CountyName" AS county_name,
    "StateAbbr" AS state,
    "StateDesc" AS state_name,
    replace("TotalPopulation", ',', '')::BIGINT AS population
FROM {file}
ORDER BY fips;

CREATE OR REPLACE TABLE {measures} AS
WITH cells AS (
    UNPIVOT (SELECT place_key AS fips, COLUMNS('(?i)_(CrudePrev|AdjPrev|Crude95CI|Adj95CI)$') FROM {file})
    ON COLUMNS(* EXCLUDE fips)
    INTO NAME cell VALUE content
),
parts AS (
    SELECT
        fips,
        regexp_replace(cell, '(?i)_(CrudePrev|AdjPrev|Crude95CI|Adj95CI)$', '') AS measure,
        lower(regexp_extract(cell, '(?i)_(CrudePrev|AdjPrev|Crude95CI|Adj95CI)$', 1)) AS part,
        content,
        regexp_extract(content, '\(\s*([0-9.]+)\s*,\s*([0-9.]+)\s*\)', ['low', 'high']) AS interval
    FROM cells
)
SELECT
    fips,
    upper(measure) AS measure,
    max(try_cast(content AS DOUBLE)) FILTER (part = 'crudeprev') AS crude_pct,
    max(nullif(interval.low, '')::DOUBLE) FILTER (part = 'crude95ci') AS crude_low,
    max(nullif(interval.high, '')::DOUBLE) FILTER (part = 'crude95ci') AS crude_high,
    max(try_cast(content AS DOUBLE)) FILTER (part = 'adjprev') AS adjusted_pct,
    max(nullif(interval.low, '')::DOUBLE) FILTER (part = 'adj95ci') AS adjusted_low,
    max(nullif(interval.high, '')::DOUBLE) FILTER (part = 'adj95ci') AS adjusted_high
FROM parts
GROUP BY fips, upper(measure)
ORDER BY fips, measure;

COMMENT ON TABLE {areas} IS 'Areas of a CDC PLACES file.';
COMMENT ON TABLE {measures} IS 'CDC PLACES measures by area: percent of adults (18 and over), crude and age-adjusted, with 95 % confidence limits.';
