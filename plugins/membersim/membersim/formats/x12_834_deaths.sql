-- A death ends all coverages of the day, whichever of them the change is told of.
SELECT c.member_id, max(c.effective_date) AS death_date
FROM enrollment_changes c
JOIN coverages v ON v.member_id = c.member_id AND v.end_date = c.effective_date
WHERE c.maintenance_reason_code = '03' AND v.payer_id = ?
GROUP BY c.member_id
