-- cms_hospitals: from {file} (all text), CMS Hospital General Information. The county is told by name; where we know none
-- of that name, the ZIP tells it. {city} and {county} are columns whose names changed in 2023.
CREATE OR REPLACE TABLE cms_hospitals AS
WITH named AS (
    SELECT
        *,
        lpad("ZIP Code", 5, '0') AS zip,
        -- The file writes DE KALB and LA SALLE where the Census Bureau writes DeKalb and LaSalle.
        replace(replace(replace(lower(strip_accents({county})), '.', ''), 'saint ', 'st '), ' ', '') AS folded
    FROM {file}
),
by_name AS (
    SELECT state AS named_state, replace(name, ' ', '') AS named_county, min(fips) AS fips
    FROM (SELECT state, name, fips FROM init_counties UNION ALL SELECT state, bare, fips FROM init_counties)
    GROUP BY ALL
    HAVING count(DISTINCT fips) = 1
),
by_zip AS (
    SELECT init_zips.zip_code AS zip, init_states.state AS zip_state, init_zips.fips AS fips
    FROM init_zips JOIN init_states ON init_states.fips = left(init_zips.fips, 2)
),
found AS (
    SELECT named.*, coalesce(by_name.fips, by_zip.fips) AS county_fips
    FROM named
    LEFT JOIN by_name ON named_state = named."State" AND named_county = named.folded
    LEFT JOIN by_zip ON by_zip.zip = named.zip AND zip_state = named."State"
)
SELECT
    "Facility ID" AS ccn,
    "Facility Name" AS name,
    "Address" AS address_line,
    {city} AS city,
    "State" AS state,
    zip AS zip_code,
    {county} AS county_name,
    county_fips,
    "Hospital Type" AS hospital_type,
    "Hospital Ownership" AS ownership,
    "Emergency Services" = 'Yes' AS emergency_services,
    try_cast("Hospital overall rating" AS INTEGER) AS rating
FROM found
WHERE
    ((SELECT count(*) FROM init_wanted_states) = 0 OR "State" IN (SELECT state FROM init_wanted_states))
    AND ((SELECT count(*) FROM init_wanted_counties) = 0 OR county_fips IN (SELECT fips FROM init_wanted_counties))
ORDER BY ccn;

COMMENT ON TABLE cms_hospitals IS 'Hospitals of the CMS Provider Data Catalog; rating 1 to 5 stars, none where CMS gives none.';
