study AS (SELECT * FROM studies WHERE study_id = ?),
planned AS (
  -- An element is what one arm gets; ETCD has eight characters at most.
  SELECT a.*, 'TRT' || row_number() OVER (ORDER BY a.arm_code) AS etcd FROM arms a JOIN study USING (study_id)
),
people AS (SELECT s.* FROM subjects s JOIN study USING (study_id)),
given AS (
  -- A dose of nothing is no exposure (SDTMIG 6.1.3.2), except where nothing is what the arm gets: placebo.
  SELECT e.* FROM exposures e
  JOIN people s USING (subject_id)
  LEFT JOIN planned a ON a.arm_code = s.arm_code
  WHERE e.dose > 0 OR a.dose = 0 OR e.treatment ILIKE '%placebo%'
),
dosed AS (
  SELECT subject_id, min(start_date) AS first_dose, max(end_date) AS last_dose,
    string_agg(DISTINCT treatment, ' AND ' ORDER BY treatment) AS treatments
  FROM given GROUP BY subject_id
),
deaths AS (
  SELECT subject_id, true AS died, min(death_date) AS death_date FROM (
    SELECT subject_id, disposition_date AS death_date FROM dispositions WHERE decoded_term = 'DEATH'
    UNION ALL SELECT subject_id, end_date FROM adverse_events WHERE outcome = 'FATAL'
  ) GROUP BY subject_id
),
contacts AS (
  SELECT subject_id, max(contact_date) AS last_contact FROM (
    SELECT subject_id, visit_date AS contact_date FROM visits
    UNION ALL SELECT subject_id, end_date FROM given
    UNION ALL SELECT subject_id, coalesce(end_date, start_date) FROM adverse_events
    UNION ALL SELECT subject_id, disposition_date FROM dispositions
    UNION ALL SELECT subject_id, deviation_date FROM protocol_deviations
  ) GROUP BY subject_id
),
candidates AS (
  SELECT s.*, t.site_number, t.investigator_name, t.country, a.arm_name, a.etcd,
    d.first_dose, d.last_dose, d.treatments, coalesce(x.died, false) AS died, x.death_date,
    greatest(s.consent_date, s.screening_date, s.end_date, c.last_contact) AS ended,
    CASE
      WHEN t.site_id IS NULL THEN 'no site'
      WHEN s.arm_code IS NOT NULL AND a.arm_code IS NULL THEN 'an arm that the study does not have'
      WHEN s.consent_date IS NULL THEN 'no consent'
      WHEN d.first_dose < s.consent_date THEN 'treated before consent'
    END AS lacks
  FROM people s
  LEFT JOIN sites t USING (site_id)
  LEFT JOIN planned a ON a.arm_code = s.arm_code
  LEFT JOIN dosed d USING (subject_id)
  LEFT JOIN deaths x USING (subject_id)
  LEFT JOIN contacts c USING (subject_id)
),
reference AS (SELECT * FROM candidates WHERE lacks IS NULL),
seen AS (
  -- One record for a visit number and subject (SDTMIG 5.5); none for visits planned after the subject has left.
  SELECT v.*, row_number() OVER (
    PARTITION BY v.subject_id, v.visit_number ORDER BY v.status, v.visit_date, v.visit_id
  ) AS occasion
  FROM visits v JOIN reference r USING (subject_id)
  WHERE v.status <> 'missed' OR v.window_start_date IS NULL OR v.window_start_date <= r.ended
),
results AS (
  SELECT t.*, r.study_id, r.usubjid, v.visit_number, v.visit_name, v.planned_day, r.first_dose AS RFSTDTC,
    regexp_replace(printf('%.2f', t.value), '\.?0+$', '') AS result,
    regexp_replace(printf('%.2f', t.reference_low), '\.?0+$', '') AS low,
    regexp_replace(printf('%.2f', t.reference_high), '\.?0+$', '') AS high,
    t.result_date <= r.first_dose AS before_dose,
    CASE
      WHEN r.first_dose IS NULL OR t.result_date < r.first_dose THEN 'SCREENING'
      WHEN t.result_date <= r.last_dose THEN 'TREATMENT'
      ELSE 'FOLLOW-UP'
    END AS epoch
  FROM trial_results t JOIN seen v USING (visit_id) JOIN reference r ON r.subject_id = t.subject_id
  WHERE v.occasion = 1
),
measured AS (
  SELECT *, CASE WHEN before_dose AND row_number() OVER (
    PARTITION BY subject_id, test_code, before_dose ORDER BY result_date DESC, visit_number DESC
  ) = 1 THEN 'Y' END AS last_before
  FROM results
)
