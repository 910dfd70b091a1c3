-- The allergies that were known at the time.
WITH message AS (
  {hl7v2_adt_messages}
)
SELECT movement_id, category, code, description, reaction, criticality
FROM message
JOIN allergies USING (patient_id)
WHERE movement_type <> 'transfer' AND recorded_date <= CAST(movement_datetime AS DATE)
ORDER BY movement_datetime, began, step, length(movement_id), movement_id, recorded_date, length(allergy_id), allergy_id
