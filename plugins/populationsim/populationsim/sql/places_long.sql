-- {areas} and {measures}: from {file} (all text), a CDC PLACES file of counties or tracts with one row per area, measure and
-- kind of prevalence (crude, age-adjusted). {county} is the county's FIPS, {name} its name.
CREATE OR REPLACE TABLE {areas} AS
SELECT
    "LocationID" AS fips,
    max({county}) AS county_fips,
    max({name}) AS county_name,
    max("StateAbbr") AS state,
    max("StateDesc") AS state_name,
    max(replace("TotalPopulation", ',', '')::BIGINT) AS population
FROM {file}
GROUP BY "LocationID"
ORDER BY fips;

CREATE OR REPLACE TABLE {measures} AS
WITH cells AS (
    SELECT
        "LocationID" AS fips,
        upper("MeasureId") AS measure,
        "DataValueTypeID" = 'CrdPrv' AS crude,
        try_cast("Data_Value" AS DOUBLE) AS pct,
        try_cast("Low_Confidence_Limit" AS DOUBLE) AS low,
        try_cast("High_Confidence_Limit" AS DOUBLE) AS high
    FROM {file}
)
SELECT
    fips,
    measure,
    max(pct) FILTER (crude) AS crude_pct,
    max(low) FILTER (crude) AS crude_low,
    max(high) FILTER (crude) AS crude_high,
    max(pct) FILTER (NOT crude) AS adjusted_pct,
    max(low) FILTER (NOT crude) AS adjusted_low,
    max(high) FILTER (NOT crude) AS adjusted_high
FROM cells
GROUP BY ALL
ORDER BY fips, measure;

COMMENT ON TABLE {areas} IS 'Areas of a CDC PLACES file.';
COMMENT ON TABLE {measures} IS 'CDC PLACES measures by area: percent of adults (18 and over), crude and age-adjusted, with 95 % confidence limits.';
