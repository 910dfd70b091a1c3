SELECT study_id AS STUDYID, 'TE' AS DOMAIN, 'SCRN' AS ETCD, 'Screening' AS ELEMENT, 'Informed consent' AS TESTRL,
  'Eligibility is settled and, where eligible, the first dose is given' AS TEENRL
FROM study
UNION ALL
SELECT study_id, 'TE', etcd, arm_name,
  'First dose of study treatment, where treatment is ' || arm_name, 'Last dose of study treatment'
FROM planned
UNION ALL
SELECT study_id, 'TE', 'FUP', 'Follow-up', 'Day after the last dose of study treatment', 'End of participation'
FROM study
