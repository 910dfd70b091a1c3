-- US Core 7.0 CareTeam: one for each patient who has a plan of care; the patient, primary care, and who leads a plan.
-- US Core's codes for the roles are SNOMED CT: ours are texts.
WITH lead AS (
  SELECT DISTINCT care_plans.patient_id, care_plans.provider_id
  FROM care_plans
  JOIN patients USING (patient_id)
  WHERE care_plans.provider_id IS NOT NULL AND care_plans.provider_id IS DISTINCT FROM patients.provider_id
),
leads AS (
  SELECT
    patient_id,
    string_agg(
      ',{"role":[{"text":"Lead of a plan of care"}],"member":{"reference":"Practitioner/' || provider_id || '"}}', ''
      ORDER BY length(provider_id), provider_id
    ) AS members
  FROM lead
  GROUP BY patient_id
),
planned AS (
  SELECT patient_id, min(start_date) AS start_date, max(start_date) AS updated_date
  FROM care_plans
  GROUP BY patient_id
)
SELECT
  person_id AS subject,
  'CT' || substr(patient_id, 3) AS id,
  concat(
    '{"resourceType":"CareTeam","id":"CT', substr(patient_id, 3), '"',
    ',"meta":{"lastUpdated":"', strftime(updated_date::TIMESTAMP, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-careteam"]}',
    ',"status":"active","name":"Care team"',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"period":{"start":"', start_date, '"}',
    ',"participant":[{"role":[{"text":"Patient"}],"member":{"reference":"Patient/', patient_id, '"}}',
      ',{"role":[{"text":"Primary care provider"}],"member":{"reference":"Practitioner/' || patients.provider_id || '"}}',
      members, ']',
    '}'
  ) AS content
FROM planned
JOIN patients USING (patient_id)
LEFT JOIN leads USING (patient_id)
