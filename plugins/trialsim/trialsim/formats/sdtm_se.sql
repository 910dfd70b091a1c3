-- No gaps between elements: each ends on the day on which the next begins.
SELECT study_id AS STUDYID, 'SE' AS DOMAIN, usubjid AS USUBJID, 'SCRN' AS ETCD, 'Screening' AS ELEMENT, 1 AS TAETORD,
  'SCREENING' AS EPOCH, consent_date AS SESTDTC, coalesce(first_dose, ended) AS SEENDTC, NULL AS SEUPDES,
  first_dose AS RFSTDTC
FROM reference
UNION ALL
SELECT study_id, 'SE', usubjid, coalesce(etcd, 'UNPLAN'), arm_name, CASE WHEN etcd IS NOT NULL THEN 2 END,
  'TREATMENT', first_dose, CASE WHEN ended > last_dose THEN last_dose + 1 ELSE last_dose END,
  CASE WHEN etcd IS NULL THEN treatments END, first_dose
FROM reference WHERE first_dose IS NOT NULL
UNION ALL
SELECT study_id, 'SE', usubjid, 'FUP', 'Follow-up', CASE WHEN etcd IS NOT NULL THEN 3 END,
  'FOLLOW-UP', last_dose + 1, ended, NULL, first_dose
FROM reference WHERE ended > last_dose
