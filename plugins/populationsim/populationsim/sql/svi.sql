-- {areas}: one row per county or tract of a CDC/ATSDR SVI file, from {file} (all text).
-- -999 is the publisher's mark for "not available". The words in braces are columns that files of 2018 do not have.
CREATE OR REPLACE TABLE {areas} AS
SELECT
    place_key AS fips,
    {label} AS county_name,
    "ST_ABBR" AS state,
    "STATE" AS state_name,
    nullif("E_TOTPOP"::BIGINT, -999) AS population,
    nullif("E_HH"::BIGINT, -999) AS household_count,
    nullif("EP_AGE17"::DOUBLE, -999) AS pct_under_18,
    nullif("EP_AGE65"::DOUBLE, -999) AS pct_65_plus,
    {ep_hisp} AS pct_hispanic,
    -- The index counts everybody but non-Hispanic white people as minority.
    round(100 - nullif("EP_MINRTY"::DOUBLE, -999), 1) AS pct_white,
    {ep_afam} AS pct_black,
    {ep_asian} AS pct_asian,
    {ep_aian} AS pct_native,
    {ep_nhpi} AS pct_pacific,
    {ep_twomore} AS pct_multiple,
    {ep_otherrace} AS pct_other,
    {ep_pov150} AS pct_poverty150,
    nullif("EP_UNINSUR"::DOUBLE, -999) AS pct_uninsured,
    nullif("EP_UNEMP"::DOUBLE, -999) AS pct_unemployed,
    nullif("EP_NOHSDP"::DOUBLE, -999) AS pct_no_high_school_diploma,
    nullif("EP_DISABL"::DOUBLE, -999) AS pct_disability,
    nullif("EP_LIMENG"::DOUBLE, -999) AS pct_limited_english,
    nullif("EP_NOVEH"::DOUBLE, -999) AS pct_no_vehicle,
    nullif("EP_CROWD"::DOUBLE, -999) AS pct_crowded,
    nullif("RPL_THEME1"::DOUBLE, -999) AS rpl_theme1,
    nullif("RPL_THEME2"::DOUBLE, -999) AS rpl_theme2,
    nullif("RPL_THEME3"::DOUBLE, -999) AS rpl_theme3,
    nullif("RPL_THEME4"::DOUBLE, -999) AS rpl_theme4,
    nullif("RPL_THEMES"::DOUBLE, -999) AS rpl_themes
FROM {file}
ORDER BY fips;

COMMENT ON TABLE {areas} IS 'CDC/ATSDR Social Vulnerability Index by area; pct_* of residents (race categories are non-Hispanic), rpl_* percentile ranks 0 to 1.';
