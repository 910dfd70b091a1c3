, parameters AS (
  SELECT study_id, unnest([
    {'code': 'TITLE', 'name': 'Trial Title', 'value': title},
    {'code': 'SPONSOR', 'name': 'Clinical Study Sponsor', 'value': sponsor},
    {'code': 'STYPE', 'name': 'Study Type', 'value': 'INTERVENTIONAL'},
    {'code': 'INTTYPE', 'name': 'Intervention Type', 'value': 'DRUG'},
    {'code': 'HLTSUBJI', 'name': 'Healthy Subject Indicator',
     'value': CASE WHEN condition_code IS NULL THEN 'Y' ELSE 'N' END},
    {'code': 'TPHASE', 'name': 'Trial Phase Classification', 'value': phase},
    {'code': 'TBLIND', 'name': 'Trial Blinding Schema', 'value': blinding},
    {'code': 'TCNTRL', 'name': 'Control Type', 'value': control_type},
    {'code': 'INDIC', 'name': 'Trial Disease/Condition Indication',
     'value': CASE WHEN condition_code IS NOT NULL THEN indication END},
    -- By CDISC's definition the first consent of anybody enrolled.
    {'code': 'SSTDTC', 'name': 'Study Start Date',
     'value': coalesce((SELECT min(consent_date) FROM reference WHERE arm_code IS NOT NULL), start_date)::VARCHAR},
    {'code': 'PLANSUB', 'name': 'Planned Number of Subjects', 'value': planned_subject_count::VARCHAR},
    {'code': 'ACTSUB', 'name': 'Actual Number of Subjects',
     'value': (SELECT count(*) FROM reference WHERE arm_code IS NOT NULL)::VARCHAR},
    {'code': 'NARMS', 'name': 'Planned Number of Arms', 'value': (SELECT count(*) FROM planned)::VARCHAR},
    {'code': 'RANDOM', 'name': 'Trial is Randomized',
     'value': CASE WHEN (SELECT count(*) FROM planned) > 1 THEN 'Y' ELSE 'N' END},
    {'code': 'NCOHORT', 'name': 'Number of Groups/Cohorts', 'value': (SELECT count(*) FROM planned)::VARCHAR},
    {'code': 'TDIGRP', 'name': 'Diagnosis Group', 'value': CASE WHEN condition_code IS NOT NULL THEN indication END},
    {'code': 'LENGTH', 'name': 'Trial Length',
     -- There is no day 0 between the days before the first dose and those from it on.
     'value': (SELECT 'P' || (max(planned_day) - min(planned_day)) || 'D' FROM visits JOIN people USING (subject_id))},
    {'code': 'SENDTC', 'name': 'Study End Date', 'value': (SELECT max(ended)::VARCHAR FROM reference)},
    {'code': 'DCUTDTC', 'name': 'Data Cutoff Date', 'value': (SELECT max(ended)::VARCHAR FROM reference)}
  ], recursive := true)
  FROM study
)
SELECT p.study_id AS STUDYID, 'TS' AS DOMAIN, p.code AS TSPARMCD, p.name AS TSPARM, p.value AS TSVAL,
  -- A study of healthy people has no indication: not applicable, as SDTMIG 7.4.2 says.
  CASE WHEN p.value IS NULL THEN 'NA' END AS TSVALNF, t.concept AS TSVALCD,
  CASE WHEN t.concept IS NOT NULL THEN 'CDISC CT' WHEN p.code IN ('LENGTH', 'SSTDTC', 'SENDTC', 'DCUTDTC') THEN 'ISO 8601'
  END AS TSVCDREF,
  CASE WHEN t.concept IS NOT NULL THEN '2024-09-27' END AS TSVCDVER
FROM parameters p
LEFT JOIN (VALUES
  ('STYPE', 'INTERVENTIONAL', 'C98388'),
  ('TPHASE', 'PHASE I TRIAL', 'C15600'), ('TPHASE', 'PHASE II TRIAL', 'C15601'), ('TPHASE', 'PHASE III TRIAL', 'C15602'),
  ('TBLIND', 'OPEN LABEL', 'C49659'), ('TBLIND', 'SINGLE BLIND', 'C28233'), ('TBLIND', 'DOUBLE BLIND', 'C15228'),
  ('TCNTRL', 'PLACEBO', 'C49648'), ('TCNTRL', 'ACTIVE', 'C49649'), ('TCNTRL', 'NONE', 'C41132'),
  ('INTTYPE', 'DRUG', 'C1909'),
  ('RANDOM', 'Y', 'C49488'), ('RANDOM', 'N', 'C49487'), ('HLTSUBJI', 'Y', 'C49488'), ('HLTSUBJI', 'N', 'C49487')
) t(code, term, concept) ON t.code = p.code AND t.term = p.value
UNION ALL
SELECT study_id, 'TS', d.code, d.name, d.value, CASE WHEN d.value IS NULL THEN 'NA' END, d.concept, d.reference,
  CASE WHEN d.concept IS NOT NULL THEN '2024-09-27' END
FROM study JOIN (VALUES {design}) d(study, code, name, value, reference, concept) ON d.study IN (study_id, '*')
