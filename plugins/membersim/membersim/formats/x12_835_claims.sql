-- The order is that of the payments: day, payee (organisations, then pharmacies), claim. The lines, adjustments and
-- prescriptions keep the same one.
SELECT
  r.remittance_id, r.claim_id, c.status, r.claim_status_code, r.payment_method_code, r.payer_control_number,
  CAST(r.paid_amount * 100 AS BIGINT) AS paid, strftime(r.payment_date, '%Y%m%d') AS payment_date,
  coalesce(c.billing_facility_id, c.pharmacy_id) AS payee_id, c.claim_type, CAST(c.charge_amount * 100 AS BIGINT) AS charge,
  CAST(c.allowed_amount * 100 AS BIGINT) AS allowed, c.place_of_service_code, c.bill_type_code[:2] AS bill_type_code,
  c.frequency_code, c.drg_code, c.rendering_provider_id, strftime(c.submitted_date, '%Y%m%d') AS submitted_date,
  strftime(c.service_date, '%Y%m%d') AS service_date, strftime(c.service_end_date, '%Y%m%d') AS service_end_date,
  m.member_id, coalesce(m.subscriber_id, m.member_id || 'S') AS subscriber_id, m.given_name, m.family_name,
  coalesce(s.given_name, m.subscriber_given_name) AS subscriber_given_name,
  coalesce(s.family_name, m.subscriber_family_name) AS subscriber_family_name, v.plan_code, v.coverage_type
FROM remittances r
JOIN claims c USING (claim_id)
LEFT JOIN coverages v USING (coverage_id)
LEFT JOIN members m ON m.member_id = c.member_id
LEFT JOIN members s ON s.member_id = m.subscriber_id
WHERE r.payer_id = ?
ORDER BY r.payment_date, c.claim_type = 'pharmacy', payee_id, r.remittance_id
