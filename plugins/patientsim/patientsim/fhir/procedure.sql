-- US Core 7.0 Procedure. A code of a system we do not know has no URI, so the text stands alone.
SELECT
  person_id AS subject,
  procedure_id AS id,
  concat(
    '{"resourceType":"Procedure","id":"', procedure_id, '"',
    ',"meta":{"lastUpdated":"', strftime(performed_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-procedure"]}',
    ',"status":"completed"',
    ',"code":{',
      '"coding":[{"system":"' || CASE system
        WHEN 'CPT' THEN 'http://www.ama-assn.org/go/cpt'
        WHEN 'HCPCS' THEN 'https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets'
        WHEN 'ICD-10-PCS' THEN 'http://www.cms.gov/Medicare/Coding/ICD10'
      END || '","code":' || to_json(code) || '}],',
      '"text":', to_json(description), '}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"performedDateTime":"', strftime(performed_datetime, '{instant}'), '"',
    ',"performer":[{"actor":{"reference":"Practitioner/' || procedures.provider_id || '"}}]',
    '}'
  ) AS content
FROM procedures
JOIN patients USING (patient_id)
