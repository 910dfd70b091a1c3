-- US Core 7.0 Condition Problems and Health Concerns, and Condition Encounter Diagnosis.
SELECT
  person_id AS subject,
  diagnosis_id AS id,
  concat(
    '{"resourceType":"Condition","id":"', diagnosis_id, '"',
    ',"meta":{"lastUpdated":"', strftime(recorded_date::TIMESTAMP, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-',
      CASE category WHEN 'encounter-diagnosis' THEN 'encounter-diagnosis' ELSE 'problems-health-concerns' END, '"]}',
    ',"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"', clinical_status, '"}]}',
    ',"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]}',
    ',"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"', category, '"}]}]',
    ',"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":', to_json(code), '}],"text":', to_json(description), '}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"onsetDateTime":"', onset_date, '"',
    ',"abatementDateTime":"' || abatement_date || '"',
    ',"recordedDate":"', recorded_date, '"',
    '}'
  ) AS content
FROM diagnoses
JOIN patients USING (patient_id)
