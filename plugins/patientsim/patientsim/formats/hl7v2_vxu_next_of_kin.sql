-- Who answers for a child: registries match patients by it.
SELECT
  immunization_id, kin.given_name, kin.family_name, kin.address_line, kin.city, kin.state, kin.zip_code, kin.county_fips,
  kin.phone,
  'PAR' AS relationship
FROM immunizations
JOIN patients USING (patient_id)
JOIN persons USING (person_id)
JOIN persons AS kin ON kin.household_id = persons.household_id AND kin.role = 'subscriber'
WHERE persons.role = 'dependent'
ORDER BY occurrence_datetime, length(immunization_id), immunization_id, length(kin.person_id), kin.person_id
