-- Dependents and spouses name the household's subscriber, subscribers their spouse.
WITH message AS (
  {hl7v2_adt_messages}
)
SELECT
  movement_id, kin.given_name, kin.family_name, kin.address_line, kin.city, kin.state, kin.zip_code, kin.county_fips,
  kin.phone,
  CASE WHEN persons.role = 'dependent' THEN 'PAR' ELSE 'SPO' END AS relationship
FROM message
JOIN patients USING (patient_id)
JOIN persons USING (person_id)
JOIN persons AS kin
  ON kin.household_id = persons.household_id
  AND kin.role = CASE WHEN persons.role = 'subscriber' THEN 'spouse' ELSE 'subscriber' END
WHERE movement_type <> 'transfer'
ORDER BY movement_datetime, began, step, length(movement_id), movement_id, length(kin.person_id), kin.person_id
