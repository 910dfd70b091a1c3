SELECT
  c.claim_id,
  (SELECT list(x.code ORDER BY x.rank) FROM claim_diagnoses x WHERE x.claim_id = c.claim_id) AS diagnoses,
  list(struct_pack(
    code := l.procedure_code, modifier := l.modifier_code, charge := l.charge_amount, units := l.unit_count,
    pointers := l.diagnosis_pointers, day := l.service_date
  ) ORDER BY l.line_number) AS lines
FROM claims c
JOIN coverages v USING (coverage_id)
JOIN members m ON m.member_id = c.member_id
JOIN claim_lines l ON l.claim_id = c.claim_id
WHERE v.payer_id = ? AND c.claim_type = 'professional'
GROUP BY c.billing_facility_id, m.subscriber_id, c.member_id, c.claim_id
ORDER BY c.billing_facility_id, m.subscriber_id, c.member_id, c.claim_id
