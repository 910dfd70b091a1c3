SELECT facility_id, npi, name, taxonomy_code, tax_id, phone, address_line, city, state, zip_code FROM facilities
