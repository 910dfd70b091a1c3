SELECT member_id, max(effective_date) AS death_date
FROM enrollment_changes
JOIN coverages USING (member_id, coverage_id)
WHERE maintenance_reason_code = '03' AND payer_id = ?
GROUP BY member_id
