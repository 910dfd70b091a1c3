SELECT c.claim_id, strftime(e.end_datetime, '%H%M') AS discharge_time
FROM claims c
JOIN coverages v USING (coverage_id)
JOIN members m ON m.member_id = c.member_id
JOIN encounters e ON e.encounter_id = c.encounter_id
WHERE v.payer_id = ? AND c.claim_type = ?
ORDER BY c.billing_facility_id, coalesce(m.subscriber_id, m.member_id || 'S'), v.plan_code, v.group_number, m.relationship_code <> '18', c.member_id, c.claim_id
