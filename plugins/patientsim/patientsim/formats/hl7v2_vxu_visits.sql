SELECT
  immunization_id,
  {hl7v2_visit}
FROM immunizations
JOIN encounters USING (encounter_id)
ORDER BY occurrence_datetime, length(immunization_id), immunization_id
