-- A claim file is made when the last of its claims has come in, so no service lies after the file's own date.
SELECT v.payer_id, min(v.payer_name) AS payer_name, greatest(max(c.submitted_date), ?::DATE) AS file_date
FROM claims c
JOIN coverages v USING (coverage_id)
WHERE c.claim_type = ?
GROUP BY v.payer_id
ORDER BY v.payer_id
