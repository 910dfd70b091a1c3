-- The messages in time order; the other hl7v2_oru files keep the same order.
WITH message AS (
  {hl7v2_oru_messages}
)
SELECT
  message.message_id, message.message_datetime, message.effective_datetime, message.lab_order_id,
  message.provider_id, message.code, message.description,
  {hl7v2_patient}
FROM message
JOIN patients USING (patient_id)
JOIN persons USING (person_id)
ORDER BY message_datetime, length(message_id), message_id
