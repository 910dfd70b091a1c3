WITH message AS (
  {hl7v2_dft_messages}
)
SELECT
  message_id,
  {hl7v2_visit}
FROM message
JOIN encounters USING (encounter_id)
ORDER BY message_datetime, length(message_id), message_id
