SELECT
  r.remittance_id, l.line_number, l.procedure_code, l.revenue_code, l.ndc_code, l.modifier_code, l.unit_count,
  CAST(l.charge_amount * 100 AS BIGINT) AS charge, CAST(l.allowed_amount * 100 AS BIGINT) AS allowed,
  CAST(l.paid_amount * 100 AS BIGINT) AS paid, strftime(l.service_date, '%Y%m%d') AS service_date
FROM remittances r
JOIN claims c USING (claim_id)
JOIN claim_lines l ON l.claim_id = c.claim_id
WHERE r.payer_id = ?
ORDER BY r.payment_date, c.claim_type = 'pharmacy', coalesce(c.billing_facility_id, c.pharmacy_id), r.remittance_id, l.line_number
