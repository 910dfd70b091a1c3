SELECT d.claim_id, replace(d.code, '.', '') AS code, strftime(d.procedure_date, '%Y%m%d') AS procedure_date
FROM claims c
JOIN coverages v USING (coverage_id)
JOIN members m ON m.member_id = c.member_id
JOIN claim_procedures d ON d.claim_id = c.claim_id
WHERE v.payer_id = ? AND c.claim_type = ?
ORDER BY c.billing_facility_id, coalesce(m.subscriber_id, m.member_id || 'S'), v.plan_code, v.group_number, m.relationship_code <> '18', c.member_id, c.claim_id, d.rank
