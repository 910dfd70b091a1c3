SELECT
  medication_order_id,
  {hl7v2_visit}
FROM medication_orders
JOIN encounters USING (encounter_id)
ORDER BY ordered_datetime, length(medication_order_id), medication_order_id
