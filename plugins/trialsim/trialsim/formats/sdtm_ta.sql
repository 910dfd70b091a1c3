SELECT a.study_id AS STUDYID, 'TA' AS DOMAIN, a.arm_code AS ARMCD, a.arm_name AS ARM, e.TAETORD,
  coalesce(e.ETCD, a.etcd) AS ETCD, coalesce(e.ELEMENT, a.arm_name) AS ELEMENT,
  CASE WHEN e.TAETORD = 1 AND (SELECT count(*) FROM planned) > 1 THEN 'Randomized to ' || a.arm_name END AS TABRANCH,
  NULL AS TATRANS, e.EPOCH
FROM planned a
CROSS JOIN (VALUES
  (1, 'SCRN', 'Screening', 'SCREENING'),
  (2, NULL, NULL, 'TREATMENT'),
  (3, 'FUP', 'Follow-up', 'FOLLOW-UP')
) e(TAETORD, ETCD, ELEMENT, EPOCH)
