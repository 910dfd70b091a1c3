SELECT what, why, list(key ORDER BY key) AS keys FROM (
  SELECT 'subject' AS what, lacks AS why, usubjid AS key FROM candidates WHERE lacks IS NOT NULL
  UNION ALL
  SELECT 'visit', 'the subject has another of that number', visit_id FROM seen WHERE occasion > 1
) GROUP BY what, why ORDER BY what, why
