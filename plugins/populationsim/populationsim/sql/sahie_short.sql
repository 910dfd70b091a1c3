-- county_uninsured: from {file} (all text), a table of SAHIE with the figure and its 90 % limits by county.
CREATE OR REPLACE TABLE county_uninsured AS
SELECT
    place_key AS fips,
    try_cast(pctui_pt AS DOUBLE) AS pct_uninsured,
    try_cast(pctui_lb90 AS DOUBLE) AS pct_low,
    try_cast(pctui_ub90 AS DOUBLE) AS pct_high
FROM {file}
ORDER BY fips;

COMMENT ON TABLE county_uninsured IS 'Census SAHIE: percent of people under 65 without health insurance by county, with 90 % confidence limits.';
