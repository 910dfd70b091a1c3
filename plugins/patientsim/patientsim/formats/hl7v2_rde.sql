-- The prescriptions in time order; the other hl7v2_rde file keeps the same order.
SELECT
  medication_order_id, medication_orders.code, medication_orders.description, dosage, quantity, days_supply, refill_count,
  medication_orders.reason_code, ordered_datetime, medication_orders.provider_id,
  {hl7v2_patient}
FROM medication_orders
JOIN patients USING (patient_id)
JOIN persons USING (person_id)
ORDER BY ordered_datetime, length(medication_order_id), medication_order_id
