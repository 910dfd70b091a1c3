-- The percent of a county's people ($fips) under 65 without health insurance, with 90 % confidence limits.
SELECT 'pct_uninsured_under_65' AS name, pct_uninsured, pct_low, pct_high, 'Census SAHIE' AS source
FROM county_uninsured
WHERE fips = $fips;
