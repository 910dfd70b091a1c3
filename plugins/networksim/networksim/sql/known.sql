-- The rows of NPPES in use in some counties (?), with what they are to the directory.
WITH fitting AS (
  SELECT
    p.npi, p.entity_type::VARCHAR AS entity_type, p.last_name, p.first_name, p.organization_name, p.credential, p.taxonomy_code,
    t.sort, t.kind, p.address_line, p.city, p.state, left(p.zip_code, 5) AS zip_code, p.county_fips, p.phone,
    row_number() OVER (PARTITION BY p.npi ORDER BY length(t.prefix) DESC) AS turn
  FROM nppes_providers p
  JOIN taxonomies t ON starts_with(p.taxonomy_code, t.prefix)
  WHERE p.deactivation_date IS NULL
    AND p.county_fips IN (SELECT unnest(?::VARCHAR[]))
    AND p.address_line IS NOT NULL AND p.city IS NOT NULL AND p.state IS NOT NULL AND p.zip_code IS NOT NULL
)
SELECT
  npi::BIGINT AS npi, last_name, first_name, organization_name, credential, taxonomy_code, sort, kind, address_line, city, state,
  zip_code, county_fips, try_cast(regexp_replace(phone, '[^0-9]', '', 'g') AS BIGINT) AS phone
FROM fitting
WHERE turn = 1
  AND CASE sort WHEN 'provider' THEN entity_type = '1' AND last_name IS NOT NULL ELSE entity_type = '2' AND organization_name IS NOT NULL END
ORDER BY npi
