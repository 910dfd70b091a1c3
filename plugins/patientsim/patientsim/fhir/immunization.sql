-- US Core 7.0 Immunization.
SELECT
  person_id AS subject,
  immunization_id AS id,
  concat(
    '{"resourceType":"Immunization","id":"', immunization_id, '"',
    ',"meta":{"lastUpdated":"', strftime(occurrence_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-immunization"]}',
    ',"status":"', status, '"',
    ',"vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":', to_json(code), '}],"text":', to_json(description), '}',
    ',"patient":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"occurrenceDateTime":"', strftime(occurrence_datetime, '{instant}'), '"',
    ',"primarySource":true',
    ',"lotNumber":', to_json(lot_number),
    ',"site":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActSite","code":"' || site_code || '"}]}',
    ',"performer":[{"actor":{"reference":"Practitioner/' || immunizations.provider_id || '"}}]',
    ',"protocolApplied":[{"doseNumberPositiveInt":', dose_number, '}]',
    '}'
  ) AS content
FROM immunizations
JOIN patients USING (patient_id)
