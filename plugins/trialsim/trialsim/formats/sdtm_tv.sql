SELECT study_id AS STUDYID, 'TV' AS DOMAIN, VISITNUM, VISIT, VISITDY, NULL AS ARMCD,
  CASE
    WHEN VISITDY IS NULL THEN 'As the protocol schedules it'
    WHEN VISITDY < 1 THEN -VISITDY || ' days before the first dose'
    WHEN VISITDY = 1 THEN 'On the day of the first dose'
    ELSE VISITDY - 1 || ' days after the first dose'
  END AS TVSTRL
FROM (
  SELECT r.study_id, visit_number AS VISITNUM, mode(visit_name ORDER BY visit_name) AS VISIT,
    mode(planned_day ORDER BY planned_day) AS VISITDY
  FROM visits JOIN reference r USING (subject_id)
  WHERE visit_type = 'scheduled' GROUP BY r.study_id, visit_number
)
