-- cbsa: from {file} (all text), the Census list of counties with their metropolitan or micropolitan area.
CREATE OR REPLACE TABLE cbsa AS
SELECT
    place_key AS county_fips,
    "CBSA Code" AS cbsa_code,
    "CBSA Title" AS cbsa_title,
    "Central/Outlying County" AS central_outlying,
    starts_with("Metropolitan/Micropolitan Statistical Area", 'Metro') AS metro
FROM {file}
ORDER BY county_fips;

COMMENT ON TABLE cbsa IS 'Counties of core-based statistical areas; metro: the area is metropolitan, else micropolitan.';
