SELECT r.study_id AS STUDYID, 'AE' AS DOMAIN, r.usubjid AS USUBJID, a.adverse_event_id AS AESPID,
  upper(a.term) AS AETERM,
  -- AEDECOD and AEBODSYS are our own plain terms; what belongs to MedDRA, which is licensed, is null.
  a.term AS AEDECOD, a.body_system AS AEBODSYS, NULL AS AELLT, NULL AS AELLTCD, NULL AS AEPTCD, NULL AS AEHLT,
  NULL AS AEHLTCD, NULL AS AEHLGT, NULL AS AEHLGTCD, NULL AS AEBDSYCD, NULL AS AESOC, NULL AS AESOCCD,
  a.severity AS AESEV, CASE WHEN a.serious THEN 'Y' ELSE 'N' END AS AESER, a.action_taken AS AEACN,
  a.relationship AS AEREL, a.outcome AS AEOUT,
  -- Why an event is serious is asked only of serious ones (SDTMIG 6.2.1, assumption 7a).
  CASE WHEN a.serious THEN 'N' END AS AESCONG,
  CASE WHEN a.serious THEN CASE WHEN a.seriousness = 'disability' THEN 'Y' ELSE 'N' END END AS AESDISAB,
  CASE WHEN a.serious THEN CASE WHEN a.seriousness = 'death' OR a.outcome = 'FATAL' THEN 'Y' ELSE 'N' END END AS AESDTH,
  CASE WHEN a.serious THEN CASE WHEN a.seriousness = 'hospitalization' THEN 'Y' ELSE 'N' END END AS AESHOSP,
  CASE WHEN a.serious THEN CASE WHEN a.seriousness = 'life_threatening' THEN 'Y' ELSE 'N' END END AS AESLIFE,
  CASE WHEN a.serious THEN CASE
    WHEN a.seriousness IN ('disability', 'death', 'hospitalization', 'life_threatening') OR a.outcome = 'FATAL' THEN 'N'
    ELSE 'Y'
  END END AS AESMIE,
  a.toxicity_grade AS AETOXGR,
  -- No epoch before the subject takes part (SDTMIG 4.1.3.1).
  CASE
    WHEN a.start_date < r.consent_date THEN NULL
    WHEN r.first_dose IS NULL OR a.start_date < r.first_dose THEN 'SCREENING'
    WHEN a.start_date <= r.last_dose THEN 'TREATMENT'
    ELSE 'FOLLOW-UP'
  END AS EPOCH,
  a.start_date AS AESTDTC, a.end_date AS AEENDTC,
  CASE WHEN a.end_date IS NULL THEN 'ONGOING' END AS AEENRTPT, CASE WHEN a.end_date IS NULL THEN r.ended END AS AEENTPT,
  r.first_dose AS RFSTDTC
FROM adverse_events a JOIN reference r USING (subject_id)
