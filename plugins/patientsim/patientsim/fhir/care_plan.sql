-- US Core 7.0 CarePlan. The narrative says what the elements say, in XHTML.
WITH told AS (
  SELECT
    care_plans.*,
    replace(replace(replace(concat(title, ': ', activity), '&', '&amp;'), '<', '&lt;'), '>', '&gt;') AS narrative
  FROM care_plans
)
SELECT
  person_id AS subject,
  care_plan_id AS id,
  concat(
    '{"resourceType":"CarePlan","id":"', care_plan_id, '"',
    ',"meta":{"lastUpdated":"', strftime(start_date::TIMESTAMP, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan"]}',
    ',"text":{"status":"generated","div":', to_json(concat('<div xmlns="http://www.w3.org/1999/xhtml"><p>', narrative, '</p></div>')), '}',
    ',"status":"', status, '","intent":"plan"',
    ',"category":[{"coding":[{"system":"http://hl7.org/fhir/us/core/CodeSystem/careplan-category","code":"assess-plan"}]}]',
    ',"title":', to_json(title),
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"period":{"start":"', start_date, '"}',
    ',"created":"', start_date, '"',
    ',"author":{"reference":"Practitioner/' || told.provider_id || '"}',
    ',"careTeam":[{"reference":"CareTeam/CT', substr(patient_id, 3), '"}]',
    ',"activity":[{"detail":{',
      '"reasonCode":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":' || to_json(reason_code) || '}]}],',
      '"status":"', CASE status WHEN 'completed' THEN 'completed' ELSE 'in-progress' END, '"',
      ',"description":', to_json(activity), '}}]',
    '}'
  ) AS content
FROM told
JOIN patients USING (patient_id)
