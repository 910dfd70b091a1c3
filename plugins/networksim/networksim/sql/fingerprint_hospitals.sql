-- A digest of the hospitals of some counties (?), whatever their order.
SELECT count(*), bit_xor(md5_number_lower(concat_ws('|', ccn, name, address_line, city, state, zip_code, county_fips)))
FROM cms_hospitals
WHERE county_fips IN (SELECT unnest(?::VARCHAR[]))
