SELECT
  r.remittance_id, a.line_number, a.group_code, a.reason_code, a.remark_code, CAST(a.amount * 100 AS BIGINT) AS amount
FROM remittances r
JOIN claims c USING (claim_id)
JOIN claim_adjustments a ON a.claim_id = c.claim_id
WHERE r.payer_id = ?
ORDER BY r.payment_date, c.claim_type = 'pharmacy', coalesce(c.billing_facility_id, c.pharmacy_id), r.remittance_id, a.line_number, a.group_code, a.reason_code
