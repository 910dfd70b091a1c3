-- The laboratory orders in time order; the other hl7v2_orm file keeps the same order.
SELECT
  lab_order_id, lab_orders.code, lab_orders.description, ordered_datetime, lab_orders.provider_id,
  {hl7v2_patient}
FROM lab_orders
JOIN patients USING (patient_id)
JOIN persons USING (person_id)
ORDER BY ordered_datetime, length(lab_order_id), lab_order_id
