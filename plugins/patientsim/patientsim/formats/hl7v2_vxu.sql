-- The immunizations in time order; the other hl7v2_vxu files keep the same order.
SELECT
  immunization_id, immunizations.encounter_id, immunizations.code, immunizations.description, lot_number, site_code,
  occurrence_datetime, immunizations.provider_id,
  {hl7v2_patient}
FROM immunizations
JOIN patients USING (patient_id)
JOIN persons USING (person_id)
ORDER BY occurrence_datetime, length(immunization_id), immunization_id
