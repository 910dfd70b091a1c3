WITH message AS (
  {hl7v2_oru_messages}
)
SELECT message_id, lab_orders.code, lab_orders.description, lab_orders.ordered_datetime, lab_orders.provider_id,
  lab_orders.facility_id
FROM message
JOIN lab_orders USING (lab_order_id)
ORDER BY message_datetime, length(message_id), message_id
