SELECT r.study_id AS STUDYID, 'DV' AS DOMAIN, r.usubjid AS USUBJID, d.deviation_id AS DVSPID, d.term AS DVTERM,
  upper(replace(d.category, '_', ' ')) AS DVDECOD, CASE WHEN d.major THEN 'MAJOR' ELSE 'MINOR' END AS DVCAT,
  CASE
    WHEN r.first_dose IS NULL OR d.deviation_date < r.first_dose THEN 'SCREENING'
    WHEN d.deviation_date <= r.last_dose THEN 'TREATMENT'
    ELSE 'FOLLOW-UP'
  END AS EPOCH,
  d.deviation_date AS DVSTDTC, r.first_dose AS RFSTDTC
FROM protocol_deviations d JOIN reference r USING (subject_id)
