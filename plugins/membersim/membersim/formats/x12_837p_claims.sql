SELECT
  c.claim_id, c.charge_amount, c.place_of_service_code, c.frequency_code, c.service_date,
  c.billing_facility_id, c.facility_id, c.member_id,
  m.relationship_code, m.subscriber_id, m.given_name, m.family_name, m.birth_date, m.gender,
  p.address_line, p.city, p.state, p.zip_code,
  s.given_name AS subscriber_given_name, s.family_name AS subscriber_family_name,
  v.payer_name, v.plan_code, v.coverage_type, v.group_number,
  b.npi AS billing_npi, b.name AS billing_name, b.taxonomy_code AS billing_taxonomy_code, b.tax_id AS billing_tax_id,
  b.address_line AS billing_address_line, b.city AS billing_city, b.state AS billing_state, b.zip_code AS billing_zip_code,
  f.npi AS facility_npi, f.name AS facility_name, f.address_line AS facility_address_line, f.city AS facility_city,
  f.state AS facility_state, f.zip_code AS facility_zip_code,
  r.npi AS rendering_npi, r.given_name AS rendering_given_name, r.family_name AS rendering_family_name,
  r.taxonomy_code AS rendering_taxonomy_code
FROM claims c
JOIN coverages v USING (coverage_id)
JOIN members m ON m.member_id = c.member_id
JOIN members s ON s.member_id = m.subscriber_id
JOIN persons p ON p.person_id = m.person_id
LEFT JOIN facilities b ON b.facility_id = c.billing_facility_id
LEFT JOIN facilities f ON f.facility_id = c.facility_id
LEFT JOIN providers r ON r.provider_id = c.rendering_provider_id
WHERE v.payer_id = ? AND c.claim_type = 'professional'
ORDER BY c.billing_facility_id, m.subscriber_id, c.member_id, c.claim_id
