-- cbsa: from {file} (all text), a table of counties with their metropolitan or micropolitan area.
CREATE OR REPLACE TABLE cbsa AS
SELECT place_key AS county_fips, cbsa_code, cbsa_title, central_outlying, starts_with(cbsa_type, 'Metro') AS metro
FROM {file}
ORDER BY county_fips;

COMMENT ON TABLE cbsa IS 'Counties of core-based statistical areas; metro: the area is metropolitan, else micropolitan.';
