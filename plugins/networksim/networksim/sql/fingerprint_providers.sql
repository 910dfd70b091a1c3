-- A digest of the rows of some counties (?), whatever their order.
SELECT count(*), bit_xor(md5_number_lower(concat_ws('|', npi, entity_type, last_name, first_name, organization_name, credential,
  taxonomy_code, address_line, city, state, zip_code, county_fips, phone, deactivation_date)))
FROM nppes_providers
WHERE county_fips IN (SELECT unnest(?::VARCHAR[]))
