-- US Core 7.0 Laboratory Result, the vital signs profiles, smoking status, screenings and clinical results. Systolic and diastolic pressure of one patient, encounter
-- and time are one blood pressure panel (LOINC 85354-9), as FHIR R4's vital signs profiles require; its id is that of
-- the systolic reading. Where the other half was not measured, it is there with a reason.
WITH vital_sign (code, unit, profile) AS (
  -- The units are those the profile allows.
  VALUES
    ('8867-4', '/min', 'us-core-heart-rate'),
    ('9279-1', '/min', 'us-core-respiratory-rate'),
    ('8310-5', 'Cel', 'us-core-body-temperature'),
    ('8310-5', '[degF]', 'us-core-body-temperature'),
    ('8302-2', 'cm', 'us-core-body-height'),
    ('8302-2', '[in_i]', 'us-core-body-height'),
    ('29463-7', 'kg', 'us-core-body-weight'),
    ('29463-7', 'g', 'us-core-body-weight'),
    ('29463-7', '[lb_av]', 'us-core-body-weight'),
    ('39156-5', 'kg/m2', 'us-core-bmi'),
    ('59408-5', '%', 'us-core-pulse-oximetry'),
    ('2708-6', '%', 'us-core-pulse-oximetry'),
    ('9843-4', 'cm', 'us-core-head-circumference'),
    ('9843-4', '[in_i]', 'us-core-head-circumference')
),
measured AS NOT MATERIALIZED (
  SELECT
    observations.*,
    category = 'vital-signs' AND code IN ('8480-6', '8462-4') AS is_pressure,
    concat(
      ',"valueQuantity":{"value":' || regexp_replace(value::VARCHAR, '\.0$', '')
        || ',"unit":' || to_json(unit) || ',"system":"http://unitsofmeasure.org","code":' || to_json(unit) || '}',
      ',"valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":' || to_json(value_code)
        || '}],"text":' || to_json(value_text) || '}',
      ',"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":'
        || to_json(interpretation_code) || '}]}]',
      ',"referenceRange":[{' || nullif(concat_ws(
        ',',
        '"low":{"value":' || regexp_replace(reference_low::VARCHAR, '\.0$', '')
          || ',"unit":' || to_json(unit) || ',"system":"http://unitsofmeasure.org","code":' || to_json(unit) || '}',
        '"high":{"value":' || regexp_replace(reference_high::VARCHAR, '\.0$', '')
          || ',"unit":' || to_json(unit) || ',"system":"http://unitsofmeasure.org","code":' || to_json(unit) || '}'
      ), '') || '}]'
    ) AS result
  FROM observations
),
reading AS NOT MATERIALIZED (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY patient_id, encounter_id, effective_datetime, code ORDER BY length(observation_id), observation_id
    ) AS number
  FROM measured
  WHERE is_pressure
),
panel AS (
  SELECT
    coalesce(max(observation_id) FILTER (code = '8480-6'), max(observation_id)) AS observation_id,
    patient_id,
    encounter_id,
    max(provider_id) AS provider_id,
    effective_datetime,
    max(issued_datetime) AS issued_datetime,
    max(description) FILTER (code = '8480-6') AS systolic_label,
    max(description) FILTER (code = '8462-4') AS diastolic_label,
    max(result) FILTER (code = '8480-6') AS systolic,
    max(result) FILTER (code = '8462-4') AS diastolic
  FROM reading
  GROUP BY patient_id, encounter_id, effective_datetime, number
),
absent (reason) AS (
  VALUES (
    ',"dataAbsentReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"not-performed"}]}'
  )
),
single AS NOT MATERIALIZED (
  SELECT
    observation_id, patient_id, encounter_id, lab_order_id, category, effective_datetime, issued_datetime, result,
    CASE WHEN category <> 'laboratory' THEN provider_id END AS performer_id,
    CASE category
      WHEN 'laboratory' THEN 'us-core-observation-lab'
      WHEN 'vital-signs' THEN coalesce(profile, 'us-core-vital-signs')
      WHEN 'social-history' THEN 'us-core-smokingstatus'
      WHEN 'survey' THEN 'us-core-observation-screening-assessment'
      ELSE 'us-core-observation-clinical-result'
    END AS profile,
    concat(
      '"coding":[',
      CASE
        -- Pulse oximetry is written with both of its codes.
        WHEN profile = 'us-core-pulse-oximetry'
          THEN '{"system":"http://loinc.org","code":"59408-5"},{"system":"http://loinc.org","code":"2708-6"}'
        ELSE concat('{"system":"http://loinc.org","code":', to_json(code), '}')
      END,
      '],"text":', to_json(description)
    ) AS concept
  FROM measured
  LEFT JOIN vital_sign USING (code, unit)
  WHERE NOT is_pressure
  UNION ALL
  SELECT
    observation_id, patient_id, encounter_id, NULL, 'vital-signs', effective_datetime, issued_datetime,
    concat(
      ',"component":[',
      '{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}],"text":',
        to_json(coalesce(systolic_label, 'Systolic blood pressure')), '}', coalesce(systolic, reason), '}',
      ',{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}],"text":',
        to_json(coalesce(diastolic_label, 'Diastolic blood pressure')), '}', coalesce(diastolic, reason), '}]'
    ),
    provider_id, 'us-core-blood-pressure',
    '"coding":[{"system":"http://loinc.org","code":"85354-9"}],"text":"Blood pressure"'
  FROM panel, absent
)
SELECT
  person_id AS subject,
  observation_id AS id,
  concat(
    '{"resourceType":"Observation","id":"', observation_id, '"',
    ',"meta":{"lastUpdated":"', strftime(issued_datetime, '{instant}'), '"',
      ',"profile":["http://hl7.org/fhir/us/core/StructureDefinition/', profile, '"]}',
    ',"basedOn":[{"reference":"ServiceRequest/' || lab_order_id || '"}]',
    ',"status":"final"',
    ',"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"', category, '"}]}]',
    ',"code":{', concept, '}',
    ',"subject":{"reference":"Patient/', patient_id, '"}',
    ',"encounter":{"reference":"Encounter/' || encounter_id || '"}',
    ',"effectiveDateTime":"', strftime(effective_datetime, '{instant}'), '"',
    ',"issued":"', strftime(issued_datetime, '{instant}'), '"',
    ',"performer":[{"reference":"Practitioner/' || performer_id || '"}]',
    result,
    '}'
  ) AS content
FROM single
JOIN patients USING (patient_id)
