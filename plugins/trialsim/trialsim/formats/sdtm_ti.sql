SELECT study_id AS STUDYID, 'TI' AS DOMAIN, criterion_code AS IETESTCD, description AS IETEST, category AS IECAT
FROM trial_criteria JOIN study USING (study_id)
