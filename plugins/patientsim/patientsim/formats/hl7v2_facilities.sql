SELECT facility_id, npi, name FROM facilities
