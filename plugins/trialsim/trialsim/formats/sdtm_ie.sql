-- Only what was not kept (SDTMIG 6.3.4): an inclusion criterion that does not hold, an exclusion criterion that does.
SELECT r.study_id AS STUDYID, 'IE' AS DOMAIN, r.usubjid AS USUBJID, c.criterion_code AS IETESTCD, c.description AS IETEST,
  c.category AS IECAT, CASE WHEN c.category = 'INCLUSION' THEN 'N' ELSE 'Y' END AS IEORRES,
  CASE WHEN c.category = 'INCLUSION' THEN 'N' ELSE 'Y' END AS IESTRESC,
  'SCREENING' AS EPOCH, r.screening_date AS IEDTC, r.first_dose AS RFSTDTC
FROM reference r JOIN trial_criteria c ON c.study_id = r.study_id AND c.criterion_code = r.failed_criterion
