-- The order is that of the levels: billing provider, subscriber and plan, own claims before dependents', patient.
-- A subscriber who is no member has the number of the child on the policy and an S.
-- The lines, diagnoses, procedures and discharges keep the same one.
SELECT
  c.claim_id, CAST(c.charge_amount * 100 AS BIGINT) AS charge, c.place_of_service_code, c.frequency_code,
  strftime(c.service_date, '%Y%m%d') AS service_date, strftime(c.service_end_date, '%Y%m%d') AS service_end_date,
  date_diff('day', c.service_date, c.service_end_date) AS days,
  c.billing_facility_id, c.facility_id, c.rendering_provider_id, c.referring_provider_id, c.member_id,
  c.bill_type_code[:2] AS bill_type_code, c.drg_code, strftime(c.admission_datetime, '%Y%m%d%H%M') AS admitted,
  c.admission_type_code, c.admission_source_code, c.discharge_status_code,
  m.relationship_code, coalesce(m.subscriber_id, m.member_id || 'S') AS subscriber_id, m.given_name, m.family_name, strftime(m.birth_date, '%Y%m%d') AS birth_date, m.gender,
  p.address_line, p.city, p.state, p.zip_code,
  coalesce(s.given_name, m.subscriber_given_name) AS subscriber_given_name,
  coalesce(s.family_name, m.subscriber_family_name) AS subscriber_family_name,
  v.plan_code, v.coverage_type, v.group_number
FROM claims c
JOIN coverages v USING (coverage_id)
JOIN members m ON m.member_id = c.member_id
LEFT JOIN members s ON s.member_id = m.subscriber_id
LEFT JOIN persons p ON p.person_id = m.person_id
WHERE v.payer_id = ? AND c.claim_type = ?
ORDER BY c.billing_facility_id, coalesce(m.subscriber_id, m.member_id || 'S'), v.plan_code, v.group_number, m.relationship_code <> '18', c.member_id, c.claim_id
