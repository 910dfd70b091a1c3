patients.patient_id, patients.mrn, patients.given_name, patients.family_name, patients.birth_date, patients.gender,
  patients.race, patients.ethnicity, patients.provider_id AS primary_care_id,
  persons.ssn, persons.address_line, persons.city, persons.state, persons.zip_code, persons.county_fips, persons.phone,
  persons.email
