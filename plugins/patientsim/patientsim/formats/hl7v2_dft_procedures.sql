WITH message AS (
  {hl7v2_dft_messages}
)
SELECT message_id, procedure_id, code, system, description, performed_datetime, provider_id
FROM message
JOIN procedures ON coalesce(procedures.encounter_id, procedure_id) = message_id
ORDER BY message_datetime, length(message_id), message_id, performed_datetime, length(procedure_id), procedure_id
