-- The final diagnoses, for the messages that end an encounter.
WITH message AS (
  {hl7v2_adt_messages}
)
SELECT movement_id, code, description, rank, recorded_date
FROM message
JOIN diagnoses USING (encounter_id)
WHERE movement_type = 'discharge' AND category = 'encounter-diagnosis'
ORDER BY movement_datetime, began, step, length(movement_id), movement_id, rank, length(diagnosis_id), diagnosis_id
