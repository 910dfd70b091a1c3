-- US Core 7.0 Encounter. The value set of Encounter.type is SNOMED CT and CPT; a visit's CPT level is not known here, so
-- the type is a word of our own code system and a text.
SELECT
  person_id AS subject,
  encounter_id AS id,
  concat(
    '{"resourceType":"Encounter","id":"', encounter_id, '"',
    ',"meta":{"lastUpdated":"', strftime(end_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-encounter"]}',
    ',"identifier":[{"system":"https://healthsim.example/encounter","value":"', encounter_id, '"}]',
    ',"status":"', status, '"',
    ',"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"', encounter_class, '"}',
    ',"type":[{"coding":[{"system":"https://healthsim.example/encounter-type","code":', to_json(encounter_type), '}]',
      ',"text":', to_json(
        CASE encounter_type
          WHEN 'office' THEN 'Office visit'
          WHEN 'telehealth' THEN 'Telehealth visit'
          WHEN 'ed' THEN 'Emergency department visit'
          WHEN 'inpatient' THEN 'Inpatient stay'
          WHEN 'preventive' THEN 'Preventive visit'
          WHEN 'home' THEN 'Home visit'
          ELSE encounter_type
        END
      ), '}]',
    ',"priority":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActPriority","code":"' || CASE admission_type_code
      WHEN '1' THEN 'EM'
      WHEN '2' THEN 'UR'
      WHEN '3' THEN 'EL'
    END || '"}]}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"participant":[{"type":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"PPRF"}]}]'
      || ',"period":{"start":"' || strftime(start_datetime, '{instant}') || '","end":"' || strftime(end_datetime, '{instant}') || '"}'
      || ',"individual":{"reference":"Practitioner/' || encounters.provider_id || '"}}]',
    ',"period":{"start":"', strftime(start_datetime, '{instant}'), '","end":"', strftime(end_datetime, '{instant}'), '"}',
    ',"reasonCode":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":' || to_json(reason_code) || '}]}]',
    ',"hospitalization":{' || nullif(concat_ws(
      ',',
      -- HL7's codes for where a stay's patient came from; NUBC's own have no URI that FHIR knows for them.
      '"admitSource":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/admit-source","code":"' || CASE
        WHEN admission_source_code = '4' THEN 'hosp-trans'
        WHEN admission_source_code = '5' THEN 'nursing'
        WHEN admission_type_code = '1' THEN 'emd'
        WHEN admission_type_code IS NOT NULL THEN 'other'
      END || '"}]}',
      '"dischargeDisposition":{"coding":[{"system":"https://www.nubc.org/CodeSystem/PatDischargeStatus","code":'
        || to_json(discharge_disposition_code) || '}]}'
    ), '') || '}',
    ',"location":[{"location":{"reference":"Location/' || facility_id || '"}}]',
    ',"serviceProvider":{"reference":"Organization/' || facility_id || '"}',
    '}'
  ) AS content
FROM encounters
JOIN patients USING (patient_id)
