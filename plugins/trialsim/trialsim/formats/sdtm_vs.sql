SELECT study_id AS STUDYID, 'VS' AS DOMAIN, usubjid AS USUBJID, trial_result_id AS VSSPID, test_code AS VSTESTCD, test AS VSTEST,
  result AS VSORRES, unit AS VSORRESU, result AS VSSTRESC, value AS VSSTRESN, unit AS VSSTRESU, last_before AS VSLOBXFL,
  visit_number AS VISITNUM, visit_name AS VISIT, planned_day AS VISITDY, epoch AS EPOCH, result_date AS VSDTC, RFSTDTC
FROM measured WHERE domain = 'VS'
