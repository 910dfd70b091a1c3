-- US Core 7.0 ServiceRequest, from referrals. US Core's codes for category and service are SNOMED CT and CPT: ours are texts.
SELECT
  person_id AS subject,
  referral_id AS id,
  concat(
    '{"resourceType":"ServiceRequest","id":"', referral_id, '"',
    ',"meta":{"lastUpdated":"', strftime(ordered_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-servicerequest"]}',
    ',"status":"', status, '","intent":"order"',
    ',"category":[{"text":"Referral"}]',
    ',"priority":"', priority, '"',
    ',"code":{"text":', to_json('Referral to ' || replace(specialty, '_', ' ')), '}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"authoredOn":"', strftime(ordered_datetime, '{instant}'), '"',
    ',"requester":{"reference":"Practitioner/' || referrals.provider_id || '"}',
    ',"performer":[{"reference":"Practitioner/' || referred_to_id || '"}]',
    ',"reasonCode":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":' || to_json(reason_code) || '}]}]',
    '}'
  ) AS content
FROM referrals
JOIN patients USING (patient_id)
