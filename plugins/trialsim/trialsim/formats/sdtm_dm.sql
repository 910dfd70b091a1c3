SELECT study_id AS STUDYID, 'DM' AS DOMAIN, usubjid AS USUBJID, subject_number AS SUBJID,
  first_dose AS RFSTDTC,
  -- For everybody randomized, treated or not (SDTMIG 5.2).
  CASE WHEN arm_code IS NOT NULL OR first_dose IS NOT NULL THEN coalesce(last_dose, ended) END AS RFENDTC,
  first_dose AS RFXSTDTC, last_dose AS RFXENDTC, consent_date AS RFICDTC, ended AS RFPENDTC,
  death_date AS DTHDTC, CASE WHEN died THEN 'Y' END AS DTHFL,
  site_number AS SITEID, investigator_name AS INVNAM, birth_date AS BRTHDTC,
  -- At the reference start; of whom nothing was given, at consent.
  coalesce(date_sub('year', birth_date::DATE, first_dose::DATE), age) AS AGE, CASE WHEN age IS NOT NULL THEN 'YEARS' END AS AGEU,
  CASE WHEN sex IN ('F', 'M', 'INTERSEX') THEN sex ELSE 'U' END AS SEX, race AS RACE, ethnicity AS ETHNIC,
  arm_code AS ARMCD, arm_name AS ARM,
  CASE WHEN first_dose IS NOT NULL THEN arm_code END AS ACTARMCD,
  CASE WHEN first_dose IS NOT NULL THEN arm_name END AS ACTARM,
  CASE
    WHEN arm_code IS NOT NULL AND first_dose IS NULL THEN 'ASSIGNED, NOT TREATED'
    WHEN arm_code IS NULL AND first_dose IS NOT NULL THEN 'UNPLANNED TREATMENT'
    WHEN screen_failed THEN 'SCREEN FAILURE'
    WHEN arm_code IS NULL THEN 'NOT ASSIGNED'
  END AS ARMNRS,
  CASE WHEN arm_code IS NULL THEN treatments END AS ACTARMUD,
  country AS COUNTRY, screening_date AS DMDTC
FROM reference
