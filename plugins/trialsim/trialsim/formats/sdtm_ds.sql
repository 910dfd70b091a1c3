SELECT r.study_id AS STUDYID, 'DS' AS DOMAIN, r.usubjid AS USUBJID, d.disposition_id AS DSSPID,
  -- What is no reason is said as the codelist says it (SDTMIG 6.2.4, assumption 3).
  CASE
    WHEN d.category = 'PROTOCOL MILESTONE' OR d.decoded_term = 'COMPLETED' THEN d.decoded_term
    ELSE upper(d.term)
  END AS DSTERM,
  d.decoded_term AS DSDECOD, d.category AS DSCAT,
  CASE WHEN d.category = 'DISPOSITION EVENT' THEN 'STUDY PARTICIPATION' END AS DSSCAT,
  d.epoch AS EPOCH, d.disposition_date AS DSSTDTC, r.first_dose AS RFSTDTC
FROM dispositions d JOIN reference r USING (subject_id)
