-- One message an encounter in which something was done, one for each procedure outside of encounters.
  SELECT
    coalesce(encounter_id, procedure_id) AS message_id,
    max(performed_datetime) AS message_datetime,
    min(encounter_id) AS encounter_id,
    min(patient_id) AS patient_id
  FROM procedures
  GROUP BY coalesce(encounter_id, procedure_id)
