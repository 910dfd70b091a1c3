-- county_uninsured: from {file} (all text), a Census SAHIE file as published; limits are the 90 % margin of error away.
CREATE OR REPLACE TABLE county_uninsured AS
SELECT
    place_key AS fips,
    try_cast(trim("PCTUI") AS DOUBLE) AS pct_uninsured,
    round(try_cast(trim("PCTUI") AS DOUBLE) - try_cast(trim(pctui_moe) AS DOUBLE), 1) AS pct_low,
    round(try_cast(trim("PCTUI") AS DOUBLE) + try_cast(trim(pctui_moe) AS DOUBLE), 1) AS pct_high
FROM {file}
ORDER BY fips;

COMMENT ON TABLE county_uninsured IS 'Census SAHIE: percent of people under 65 without health insurance by county, with 90 % confidence limits.';
