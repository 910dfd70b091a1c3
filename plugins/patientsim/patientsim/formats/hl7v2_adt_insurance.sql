-- The coverages that hold on the day. A subscriber who is no member is told with the child. Relationship is what the insured is to the patient.
WITH message AS (
  {hl7v2_adt_messages}
)
SELECT
  movement_id, plan_code, plan_name, payer_id, payer_name, group_number, start_date, end_date,
  members.member_id, coalesce(subscriber.member_id, members.member_id || 'S') AS subscriber_id,
  CASE members.relationship_code WHEN '18' THEN 'SEL' WHEN '01' THEN 'SPO' WHEN '19' THEN 'PAR' ELSE 'OTH' END AS relationship,
  coalesce(subscriber.given_name, members.subscriber_given_name) AS given_name,
  coalesce(subscriber.family_name, members.subscriber_family_name) AS family_name,
  coalesce(subscriber.birth_date, members.subscriber_birth_date) AS birth_date,
  coalesce(subscriber.gender, members.subscriber_gender) AS gender,
  home.address_line, home.city, home.state, home.zip_code, home.county_fips
FROM message
JOIN patients USING (patient_id)
JOIN members ON members.person_id = patients.person_id
JOIN coverages ON coverages.member_id = members.member_id
LEFT JOIN members AS subscriber ON subscriber.member_id = members.subscriber_id
LEFT JOIN persons AS home ON home.person_id = coalesce(subscriber.person_id, members.person_id)
WHERE movement_type <> 'transfer'
  AND start_date <= CAST(movement_datetime AS DATE)
  AND (end_date IS NULL OR end_date >= CAST(movement_datetime AS DATE))
ORDER BY movement_datetime, began, step, length(movement_id), movement_id, start_date, length(coverage_id), coverage_id
