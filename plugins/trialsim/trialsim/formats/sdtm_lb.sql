SELECT study_id AS STUDYID, 'LB' AS DOMAIN, usubjid AS USUBJID, trial_result_id AS LBSPID, test_code AS LBTESTCD, test AS LBTEST,
  CASE WHEN specimen = 'BLOOD' THEN 'HEMATOLOGY' ELSE 'CHEMISTRY' END AS LBCAT,
  result AS LBORRES, unit AS LBORRESU, low AS LBORNRLO, high AS LBORNRHI,
  result AS LBSTRESC, value AS LBSTRESN, unit AS LBSTRESU, reference_low AS LBSTNRLO, reference_high AS LBSTNRHI,
  range_indicator AS LBNRIND, loinc_code AS LBLOINC, specimen AS LBSPEC, last_before AS LBLOBXFL,
  visit_number AS VISITNUM, visit_name AS VISIT, planned_day AS VISITDY, epoch AS EPOCH, result_date AS LBDTC, RFSTDTC
FROM measured WHERE domain = 'LB'
