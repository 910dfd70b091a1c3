-- The file is made on the day of its last payment.
SELECT r.payer_id, min(v.payer_name) AS payer_name, greatest(max(r.payment_date), ?::DATE) AS file_date
FROM remittances r
JOIN claims c USING (claim_id)
JOIN coverages v USING (coverage_id)
GROUP BY r.payer_id
ORDER BY r.payer_id
