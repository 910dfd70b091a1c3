-- US Core 7.0 DiagnosticReport for Laboratory Results: one for each order that has a result.
WITH answer AS (
  SELECT
    lab_order_id,
    max(effective_datetime) AS effective_datetime,
    max(issued_datetime) AS issued_datetime,
    string_agg('{"reference":"Observation/' || observation_id || '"}', ',' ORDER BY length(observation_id), observation_id) AS results
  FROM observations
  WHERE category = 'laboratory' AND lab_order_id IS NOT NULL
  GROUP BY lab_order_id
)
SELECT
  person_id AS subject,
  'DR' || substr(lab_order_id, 3) AS id,
  concat(
    '{"resourceType":"DiagnosticReport","id":"DR', substr(lab_order_id, 3), '"',
    ',"meta":{"lastUpdated":"', strftime(issued_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-diagnosticreport-lab"]}',
    ',"basedOn":[{"reference":"ServiceRequest/', lab_order_id, '"}]',
    ',"status":"final"',
    ',"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"}]}]',
    ',"code":{"coding":[{"system":"http://loinc.org","code":', to_json(code), '}],"text":', to_json(description), '}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"effectiveDateTime":"', strftime(effective_datetime, '{instant}'), '"',
    ',"issued":"', strftime(issued_datetime, '{instant}'), '"',
    ',"performer":[{"reference":"Organization/' || lab_orders.facility_id || '"}]',
    ',"result":[', results, ']',
    '}'
  ) AS content
FROM lab_orders
JOIN answer USING (lab_order_id)
JOIN patients USING (patient_id)
