-- US Core 7.0 AllergyIntolerance. A food or material has a text only: its codes are SNOMED CT.
SELECT
  person_id AS subject,
  allergy_id AS id,
  concat(
    '{"resourceType":"AllergyIntolerance","id":"', allergy_id, '"',
    ',"meta":{"lastUpdated":"', strftime(recorded_date::TIMESTAMP, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-allergyintolerance"]}',
    ',"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"', clinical_status, '"}]}',
    ',"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"confirmed"}]}',
    ',"category":["', category, '"]',
    ',"criticality":"', criticality, '"',
    ',"code":{',
      '"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":' || to_json(code) || '}],',
      '"text":', to_json(description), '}',
    ',"patient":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"recordedDate":"', recorded_date, '"',
    ',"recorder":{"reference":"Practitioner/' || allergies.provider_id || '"}',
    ',"reaction":[{"manifestation":[{"text":', to_json(reaction), '}]}]',
    '}'
  ) AS content
FROM allergies
JOIN patients USING (patient_id)
