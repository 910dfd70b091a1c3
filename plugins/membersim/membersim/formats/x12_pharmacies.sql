SELECT pharmacy_id, npi, ncpdp_id, name, tax_id, address_line, city, state, zip_code FROM pharmacies
