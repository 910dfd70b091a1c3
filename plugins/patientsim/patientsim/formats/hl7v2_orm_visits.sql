SELECT
  lab_order_id,
  {hl7v2_visit}
FROM lab_orders
JOIN encounters USING (encounter_id)
ORDER BY ordered_datetime, length(lab_order_id), lab_order_id
