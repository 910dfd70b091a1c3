-- The movements in time order, with where the patient was before; the other hl7v2_adt files keep the same order.
WITH message AS (
  {hl7v2_adt_messages}
)
SELECT
  movements.movement_id, message.movement_type, message.movement_datetime, movements.unit, movements.room,
  movements.facility_id, movements.provider_id,
  lag(movements.unit) OVER stay AS unit_before, lag(movements.room) OVER stay AS room_before,
  lag(movements.facility_id) OVER stay AS facility_before,
  {hl7v2_patient},
  {hl7v2_visit}
FROM message
JOIN movements USING (movement_id)
JOIN patients ON patients.patient_id = message.patient_id
JOIN persons USING (person_id)
LEFT JOIN encounters ON encounters.encounter_id = message.encounter_id
WINDOW stay AS (
  PARTITION BY message.encounter_id
  ORDER BY message.movement_datetime, message.began, message.step, length(message.movement_id), message.movement_id
)
ORDER BY message.movement_datetime, message.began, message.step, length(message.movement_id), message.movement_id
