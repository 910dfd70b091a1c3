-- Hospitals of CMS's list in some counties (?).
SELECT ccn, name, address_line, city, state, left(zip_code, 5) AS zip_code, county_fips
FROM cms_hospitals
WHERE county_fips IN (SELECT unnest(?::VARCHAR[]))
  AND name IS NOT NULL AND address_line IS NOT NULL AND city IS NOT NULL AND state IS NOT NULL AND zip_code IS NOT NULL
ORDER BY ccn
