-- US Core 7.0 MedicationRequest. An order must have a requester (us-core-21): where the directory is not generated, the
-- element says that it is unknown.
SELECT
  person_id AS subject,
  medication_order_id AS id,
  concat(
    '{"resourceType":"MedicationRequest","id":"', medication_order_id, '"',
    ',"meta":{"lastUpdated":"', strftime(ordered_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-medicationrequest"]}',
    ',"status":"', status, '","intent":"order"',
    ',"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/medicationrequest-category","code":"community"}]}]',
    ',"reportedBoolean":false',
    ',"medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":', to_json(code), '}]',
      ',"text":', to_json(description), '}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"authoredOn":"', strftime(ordered_datetime, '{instant}'), '"',
    ',"requester":', coalesce(
      '{"reference":"Practitioner/' || medication_orders.provider_id || '"}',
      '{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}'
    ),
    ',"reasonCode":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":' || to_json(reason_code) || '}]}]',
    ',"dosageInstruction":[{"text":', to_json(dosage), '}]',
    ',"dispenseRequest":{"numberOfRepeatsAllowed":', refill_count,
      ',"quantity":{"value":', regexp_replace(quantity::VARCHAR, '\.0$', ''), '}',
      ',"expectedSupplyDuration":{"value":', days_supply, ',"unit":"day","system":"http://unitsofmeasure.org","code":"d"}}',
    '}'
  ) AS content
FROM medication_orders
JOIN patients USING (patient_id)
