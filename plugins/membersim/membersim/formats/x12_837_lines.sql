SELECT
  l.claim_id, l.procedure_code, l.revenue_code, l.modifier_code, CAST(l.charge_amount * 100 AS BIGINT) AS charge, l.unit_count,
  l.diagnosis_pointers, strftime(l.service_date, '%Y%m%d') AS service_date
FROM claims c
JOIN coverages v USING (coverage_id)
JOIN members m ON m.member_id = c.member_id
JOIN claim_lines l ON l.claim_id = c.claim_id
WHERE v.payer_id = ? AND c.claim_type = ?
ORDER BY c.billing_facility_id, coalesce(m.subscriber_id, m.member_id || 'S'), v.plan_code, v.group_number, m.relationship_code <> '18', c.member_id, c.claim_id, l.line_number
