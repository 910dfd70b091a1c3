-- US Core 7.0 MedicationDispense. A completed one must say when it was handed over (us-core-20); one whose claim was reversed
-- went back to the shelf: it was prepared and cancelled. Types are of HL7's ActCode: FF first fill, RF refill.
SELECT
  m.person_id AS subject,
  f.fill_id AS id,
  concat(
    '{"resourceType":"MedicationDispense","id":"', f.fill_id, '"',
    ',"meta":{"lastUpdated":"', strftime(f.fill_date, '%Y-%m-%dT%H:%M:%S-06:00'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-medicationdispense"]}',
    ',"status":"', CASE WHEN f.status = 'reversed' THEN 'cancelled' ELSE 'completed' END, '"',
    ',"medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":', to_json(p.rxnorm_code), '}',
      ',{"system":"http://hl7.org/fhir/sid/ndc","code":', to_json(f.ndc_code), '}]',
      ',"text":' || to_json(p.description), '}',
    ',"subject":{"reference":"Patient/', patients.patient_id, '"}',
    ',"performer":[{"actor":{"reference":"Organization/' || f.pharmacy_id || '"}}]',
    ',"authorizingPrescription":[{"reference":"MedicationRequest/' || p.medication_order_id || '"}]',
    ',"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"',
      CASE WHEN f.fill_number = 0 THEN 'FF' ELSE 'RF' END, '"}]}',
    ',"quantity":{"value":', regexp_replace(f.quantity::VARCHAR, '\.0$', ''), '}',
    ',"daysSupply":{"value":', f.days_supply, ',"unit":"day","system":"http://unitsofmeasure.org","code":"d"}',
    CASE WHEN f.status = 'reversed' THEN ',"whenPrepared":"' ELSE ',"whenHandedOver":"' END, strftime(f.fill_date, '%Y-%m-%d'), '"',
    '}'
  ) AS content
FROM fills f
JOIN prescriptions p USING (prescription_id)
JOIN rx_members m ON m.rx_member_id = f.rx_member_id
JOIN patients ON patients.person_id = m.person_id
