-- US Core 7.0 ServiceRequest, from laboratory orders. US Core's codes for the category are SNOMED CT: ours is a text.
SELECT
  person_id AS subject,
  lab_order_id AS id,
  concat(
    '{"resourceType":"ServiceRequest","id":"', lab_order_id, '"',
    ',"meta":{"lastUpdated":"', strftime(ordered_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-servicerequest"]}',
    ',"status":"', status, '","intent":"order"',
    ',"category":[{"text":"Laboratory"}]',
    ',"code":{"coding":[{"system":"http://loinc.org","code":', to_json(code), '}],"text":', to_json(description), '}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"authoredOn":"', strftime(ordered_datetime, '{instant}'), '"',
    ',"requester":{"reference":"Practitioner/' || lab_orders.provider_id || '"}',
    ',"performer":[{"reference":"Organization/' || lab_orders.facility_id || '"}]',
    '}'
  ) AS content
FROM lab_orders
JOIN patients USING (patient_id)
