-- One message an order with results, one a result without order; its time is that of the last result.
  SELECT
    coalesce(lab_order_id, observation_id) AS message_id,
    max(issued_datetime) AS message_datetime,
    min(effective_datetime) AS effective_datetime,
    min(lab_order_id) AS lab_order_id,
    min(patient_id) AS patient_id,
    min(encounter_id) AS encounter_id,
    arg_min(provider_id, observation_id) AS provider_id,
    arg_min(code, observation_id) AS code,
    arg_min(description, observation_id) AS description
  FROM observations
  WHERE category = 'laboratory' AND coalesce(value::VARCHAR, value_code, value_text) IS NOT NULL
  GROUP BY coalesce(lab_order_id, observation_id)
