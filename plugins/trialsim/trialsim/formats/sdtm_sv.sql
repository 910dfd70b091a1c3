SELECT r.study_id AS STUDYID, 'SV' AS DOMAIN, r.usubjid AS USUBJID, v.visit_number AS VISITNUM, v.visit_name AS VISIT,
  CASE WHEN planned THEN 'Y' END AS SVPRESP,
  CASE WHEN planned THEN CASE WHEN v.status = 'missed' THEN 'N' ELSE 'Y' END END AS SVOCCUR,
  CASE WHEN planned THEN v.planned_day END AS VISITDY,
  v.visit_date AS SVSTDTC, v.visit_date AS SVENDTC,
  CASE WHEN NOT planned THEN v.visit_name END AS SVUPDES,
  r.first_dose AS RFSTDTC
FROM (SELECT *, visit_type = 'scheduled' AS planned FROM seen WHERE occasion = 1) v
JOIN reference r USING (subject_id)
-- What was missed happened only if it was planned.
WHERE planned OR v.status <> 'missed'
