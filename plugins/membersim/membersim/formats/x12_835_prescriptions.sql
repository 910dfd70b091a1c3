SELECT
  r.remittance_id, p.prescription_number
FROM remittances r
JOIN claims c USING (claim_id)
JOIN fills f ON f.fill_id = c.fill_id
JOIN prescriptions p ON p.prescription_id = f.prescription_id
WHERE r.payer_id = ?
ORDER BY r.payment_date, c.claim_type = 'pharmacy', coalesce(c.billing_facility_id, c.pharmacy_id), r.remittance_id
