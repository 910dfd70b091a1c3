SELECT r.study_id AS STUDYID, 'EX' AS DOMAIN, r.usubjid AS USUBJID, e.exposure_id AS EXSPID,
  e.treatment AS EXTRT, e.dose AS EXDOSE, e.dose_unit AS EXDOSU, e.dose_form AS EXDOSFRM,
  e.dose_frequency AS EXDOSFRQ, e.route AS EXROUTE,
  CASE WHEN e.dose <> e.dose_before THEN (
    SELECT m.reason FROM dose_modifications m
    WHERE m.subject_id = e.subject_id AND m.modification_date <= e.start_date
    ORDER BY m.modification_date DESC, m.dose_modification_id LIMIT 1
  ) END AS EXADJ,
  'TREATMENT' AS EPOCH, e.start_date AS EXSTDTC, e.end_date AS EXENDTC, r.first_dose AS RFSTDTC
FROM (
  SELECT *, lag(dose) OVER (PARTITION BY subject_id, treatment ORDER BY start_date, exposure_id) AS dose_before FROM given
) e
JOIN reference r USING (subject_id)
