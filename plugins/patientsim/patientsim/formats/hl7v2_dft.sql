-- The messages in time order; the other hl7v2_dft files keep the same order.
WITH message AS (
  {hl7v2_dft_messages}
)
SELECT
  message_id, message_datetime,
  {hl7v2_patient}
FROM message
JOIN patients USING (patient_id)
JOIN persons USING (person_id)
ORDER BY message_datetime, length(message_id), message_id
