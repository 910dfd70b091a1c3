SELECT
  m.member_id, coalesce(m.subscriber_id, m.member_id || 'S') AS subscriber_id, m.relationship_code, m.given_name, m.family_name, m.birth_date, m.gender,
  m.subscriber_given_name, m.subscriber_family_name, m.subscriber_birth_date, m.subscriber_gender, m.provider_id,
  v.plan_code, v.plan_name, v.coverage_type, v.group_number, v.coverage_level, v.start_date, v.end_date,
  p.ssn, p.phone, p.address_line, p.city, p.state, p.zip_code
FROM members m
JOIN coverages v USING (member_id)
LEFT JOIN persons p USING (person_id)
WHERE v.payer_id = ?
ORDER BY coalesce(m.subscriber_id, m.member_id || 'S'), m.relationship_code <> '18', m.relationship_code, m.member_id, v.start_date, v.coverage_id
