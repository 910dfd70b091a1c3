SELECT provider_id, npi, given_name, family_name, taxonomy_code FROM providers
