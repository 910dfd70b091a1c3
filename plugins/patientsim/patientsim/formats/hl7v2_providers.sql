SELECT provider_id, npi, given_name, family_name, credential FROM providers
