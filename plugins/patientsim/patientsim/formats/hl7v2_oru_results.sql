WITH message AS (
  {hl7v2_oru_messages}
)
SELECT
  message_id, observation_id, observations.code, observations.description, value, unit, reference_low, reference_high,
  interpretation_code, observations.effective_datetime, value_code, value_text
FROM message
JOIN observations ON coalesce(observations.lab_order_id, observation_id) = message_id
WHERE category = 'laboratory' AND coalesce(value::VARCHAR, value_code, value_text) IS NOT NULL
ORDER BY message_datetime, length(message_id), message_id, length(observation_id), observation_id
