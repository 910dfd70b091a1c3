-- A placebo-controlled study of fourteen people at two sites and one study of healthy volunteers, made to have what SDTM
-- treats in its own way: a screen failure, somebody randomized and never treated, one who left before randomization,
-- a withdrawal, a death, visits missed and unscheduled, a dose reduced and interrupted, an event that goes on.
INSERT INTO studies BY NAME SELECT * FROM (VALUES
  ('HS-DM-201', 'Dose finding of oral glucorin in type 2 diabetes', 'PHASE II TRIAL', 'Type 2 diabetes mellitus', 'E11', 'DOUBLE BLIND', 'PLACEBO', 'Synthetic Therapeutics', 120, 3, DATE '2024-01-02'),
  ('HS-HV-101', 'First doses of glucorin in healthy volunteers', 'PHASE I TRIAL', 'Healthy volunteers', NULL, 'OPEN LABEL', 'NONE', 'Synthetic Therapeutics', 12, 1, DATE '2023-06-01'),
  ('HS-XX-000', 'A study that nobody has joined', 'PHASE III TRIAL', 'Nothing', 'Z00', 'OPEN LABEL', 'NONE', 'Synthetic Therapeutics', 10, 1, DATE '2024-06-01')
) x(study_id, title, phase, indication, condition_code, blinding, control_type, sponsor, planned_subject_count, block_size, start_date);

INSERT INTO arms BY NAME SELECT *, 'QD' AS dose_frequency, 'ORAL' AS route, 1 AS ratio FROM (VALUES
  ('HS-DM-201', 'PBO', 'Placebo', 'PLACEBO', 0.0, 'mg', 'TABLET'),
  ('HS-DM-201', 'GLU10', 'Glucorin 10 mg', 'GLUCORIN', 10.0, 'mg', 'TABLET'),
  ('HS-DM-201', 'GLU20', 'Glucorin 20 mg', 'GLUCORIN', 20.0, 'mg', 'TABLET'),
  ('HS-HV-101', 'GLU5', 'Glucorin 5 mg', 'GLUCORIN', 5.0, 'mg', 'TABLET')
) x(study_id, arm_code, arm_name, treatment, dose, dose_unit, dose_form);

INSERT INTO sites BY NAME SELECT *, 'USA' AS country FROM (VALUES
  ('ST1', 'HS-DM-201', '001', 'F1', 'PR1', 'NÚÑEZ, JOSÉ'), ('ST2', 'HS-DM-201', '002', 'F2', 'PR2', 'STONE, MAYA'),
  ('ST3', 'HS-HV-101', '001', 'F1', 'PR1', 'NÚÑEZ, JOSÉ')
) x(site_id, study_id, site_number, facility_id, investigator_id, investigator_name);

INSERT INTO subjects BY NAME SELECT *, replace(subject_id, 'SU', 'P') AS person_id,
  CASE site_id WHEN 'ST3' THEN 'HS-HV-101' ELSE 'HS-DM-201' END AS study_id,
  study_id || '-' || CASE site_id WHEN 'ST2' THEN '002' ELSE '001' END || '-' || subject_number AS usubjid,
  screening_date AS consent_date, CASE WHEN arm_code IS NOT NULL THEN coalesce(first_dose_date, end_date) END AS randomization_date
FROM (VALUES
  ('SU1', 'ST1', '00000001', DATE '1961-04-05', 63, 'M', 'WHITE', 'NOT HISPANIC OR LATINO', DATE '2024-02-01', false, 'GLU10', DATE '2024-02-15', DATE '2024-05-09', DATE '2024-06-06', 'completed'),
  ('SU2', 'ST1', '00000002', DATE '1970-08-30', 53, 'F', 'BLACK OR AFRICAN AMERICAN', 'NOT HISPANIC OR LATINO', DATE '2024-02-02', false, 'PBO', DATE '2024-02-16', DATE '2024-05-10', DATE '2024-06-07', 'completed'),
  ('SU3', 'ST1', '00000003', DATE '1955-01-17', 69, 'F', 'ASIAN', 'NOT HISPANIC OR LATINO', DATE '2024-02-05', false, 'GLU20', DATE '2024-02-19', DATE '2024-05-13', DATE '2024-06-10', 'completed'),
  ('SU4', 'ST2', '00000004', DATE '1980-12-01', 43, 'M', 'WHITE', 'HISPANIC OR LATINO', DATE '2024-02-06', true, NULL, NULL, NULL, DATE '2024-02-13', 'screen_failed'),
  ('SU5', 'ST2', '00000005', DATE '1966-06-06', 57, 'M', 'MULTIPLE', 'NOT HISPANIC OR LATINO', DATE '2024-02-07', false, 'GLU20', DATE '2024-02-21', DATE '2024-03-20', DATE '2024-03-27', 'discontinued'),
  ('SU6', 'ST2', '00000006', DATE '1949-10-10', 74, 'F', 'WHITE', 'NOT HISPANIC OR LATINO', DATE '2024-02-08', false, 'PBO', DATE '2024-02-22', DATE '2024-04-01', DATE '2024-04-03', 'discontinued'),
  ('SU7', 'ST2', '00000007', DATE '1972-03-03', 51, 'F', 'OTHER', 'UNKNOWN', DATE '2024-02-09', false, 'GLU10', NULL, NULL, DATE '2024-02-20', 'discontinued'),
  ('SU8', 'ST1', '00000008', DATE '1959-09-19', 64, 'M', 'WHITE', 'NOT HISPANIC OR LATINO', DATE '2024-02-12', false, NULL, NULL, NULL, DATE '2024-02-14', 'discontinued'),
  ('SU9', 'ST1', '00000009', DATE '1963-11-23', 60, 'F', 'AMERICAN INDIAN OR ALASKA NATIVE', 'NOT REPORTED', DATE '2024-11-01', false, 'GLU20', DATE '2024-11-15', DATE '2024-12-30', NULL, 'ongoing'),
  ('SU10', 'ST1', '00000010', NULL, NULL, 'X', 'purple', 'NOT REPORTED', DATE '2024-03-01', false, 'PBO', DATE '2024-03-15', DATE '2024-06-07', DATE '2024-07-05', 'completed'),
  ('SU11', 'ST2', '00000011', DATE '1990-05-05', 33, 'M', 'WHITE', 'NOT HISPANIC OR LATINO', DATE '2024-03-04', false, 'GONE', DATE '2024-03-18', DATE '2024-03-19', DATE '2024-03-20', 'completed'),
  ('SU12', 'ST9', '00000012', DATE '1991-05-05', 32, 'F', 'WHITE', 'NOT HISPANIC OR LATINO', DATE '2024-03-05', true, NULL, NULL, NULL, DATE '2024-03-06', 'screen_failed'),
  ('SU13', 'ST3', '00000013', DATE '1995-05-05', 28, 'M', 'WHITE', 'NOT HISPANIC OR LATINO', DATE '2023-07-01', false, 'GLU5', DATE '2023-07-10', DATE '2023-07-10', DATE '2023-07-17', 'completed')
) x(subject_id, site_id, subject_number, birth_date, age, sex, race, ethnicity, screening_date, screen_failed, arm_code, first_dose_date, last_dose_date, end_date, status);

INSERT INTO visits BY NAME SELECT * EXCLUDE (planned_date), planned_date - 2 AS window_start_date, planned_date + 2 AS window_end_date FROM (VALUES
  ('SV1', 'SU1', 1.0, 'SCREENING', 'scheduled', -14, DATE '2024-02-01', 'completed', DATE '2024-02-01'),
  ('SV2', 'SU1', 2.0, 'BASELINE', 'scheduled', 1, DATE '2024-02-15', 'completed', DATE '2024-02-15'),
  ('SV3', 'SU1', 3.0, 'WEEK 4', 'scheduled', 29, DATE '2024-03-14', 'missed', NULL),
  ('SV4', 'SU1', 3.1, 'UNSCHEDULED 3.1', 'unscheduled', NULL, NULL, 'completed', DATE '2024-03-20'),
  ('SV5', 'SU1', 4.0, 'WEEK 12', 'scheduled', 85, DATE '2024-05-09', 'completed', DATE '2024-05-10'),
  ('SV6', 'SU2', 1.0, 'SCREENING', 'scheduled', -14, DATE '2024-02-02', 'completed', DATE '2024-02-02'),
  ('SV7', 'SU2', 2.0, 'BASELINE', 'scheduled', 1, DATE '2024-02-16', 'completed', DATE '2024-02-16'),
  ('SV8', 'SU4', 1.0, 'SCREENING', 'scheduled', -14, DATE '2024-02-06', 'completed', DATE '2024-02-06'),
  ('SV9', 'SU4', 2.0, 'BASELINE', 'scheduled', 1, DATE '2024-02-20', 'missed', NULL),
  ('SV10', 'SU5', 1.0, 'SCREENING', 'scheduled', -14, DATE '2024-02-07', 'completed', DATE '2024-02-07'),
  ('SV11', 'SU5', 2.0, 'BASELINE', 'scheduled', 1, DATE '2024-02-21', 'completed', DATE '2024-02-21'),
  ('SV12', 'SU5', 3.0, 'WEEK 4', 'scheduled', 29, DATE '2024-03-20', 'completed', DATE '2024-03-20'),
  ('SV13', 'SU5', 3.0, 'WEEK 4', 'scheduled', 29, DATE '2024-03-20', 'completed', DATE '2024-03-22'),
  ('SV14', 'SU5', 4.0, 'WEEK 12', 'scheduled', 85, DATE '2024-05-15', 'missed', NULL),
  ('SV15', 'SU9', 1.0, 'SCREENING', 'scheduled', -14, DATE '2024-11-01', 'completed', DATE '2024-11-01'),
  ('SV16', 'SU9', 2.0, 'BASELINE', 'scheduled', 1, DATE '2024-11-15', 'completed', DATE '2024-11-15'),
  ('SV17', 'SU13', 1.0, 'SCREENING', 'scheduled', -9, DATE '2023-07-01', 'completed', DATE '2023-07-01')
) x(visit_id, subject_id, visit_number, visit_name, visit_type, planned_day, planned_date, status, visit_date);

INSERT INTO exposures BY NAME SELECT *, 'mg' AS dose_unit, 'TABLET' AS dose_form, 'QD' AS dose_frequency, 'ORAL' AS route FROM (VALUES
  ('EX1', 'SU1', 'GLUCORIN', 10.0, DATE '2024-02-15', DATE '2024-05-09'),
  ('EX2', 'SU2', 'PLACEBO', 0.0, DATE '2024-02-16', DATE '2024-05-10'),
  ('EX3', 'SU3', 'GLUCORIN', 20.0, DATE '2024-02-19', DATE '2024-03-18'),
  ('EX4', 'SU3', 'GLUCORIN', 0.0, DATE '2024-03-19', DATE '2024-03-25'),
  ('EX5', 'SU3', 'GLUCORIN', 10.0, DATE '2024-03-26', DATE '2024-05-13'),
  ('EX6', 'SU5', 'GLUCORIN', 20.0, DATE '2024-02-21', DATE '2024-03-20'),
  ('EX7', 'SU6', 'PLACEBO', 0.0, DATE '2024-02-22', DATE '2024-04-01'),
  ('EX8', 'SU9', 'GLUCORIN', 20.0, DATE '2024-11-15', DATE '2024-12-30'),
  ('EX9', 'SU10', 'PLACEBO', 0.0, DATE '2024-03-15', DATE '2024-06-07'),
  ('EX10', 'SU11', 'GLUCORIN', 20.0, DATE '2024-03-18', DATE '2024-03-19'),
  ('EX11', 'SU13', 'GLUCORIN', 5.0, DATE '2023-07-10', DATE '2023-07-10')
) x(exposure_id, subject_id, treatment, dose, start_date, end_date);

INSERT INTO dose_modifications BY NAME SELECT * FROM (VALUES
  ('DM1', 'SU3', 'DRUG INTERRUPTED', 'Nausea', 0, DATE '2024-03-19'), ('DM2', 'SU3', 'DOSE REDUCED', 'Nausea', 50, DATE '2024-03-26')
) x(dose_modification_id, subject_id, action, reason, dose_percent, modification_date);

INSERT INTO adverse_events BY NAME SELECT * FROM (VALUES
  ('AE1', 'SU1', 'Headache', 'Nervous system', 'MILD', 1, false, NULL, 'NOT RELATED', 'NOT APPLICABLE', 'RECOVERED/RESOLVED', DATE '2024-02-14', DATE '2024-02-15'),
  ('AE2', 'SU3', 'Nausea', 'Digestive system', 'MODERATE', 2, false, NULL, 'RELATED', 'DOSE REDUCED', 'RECOVERED/RESOLVED', DATE '2024-03-17', DATE '2024-03-27'),
  ('AE3', 'SU3', 'Fatigue', 'General', 'MILD', 1, false, NULL, 'POSSIBLY RELATED', 'DOSE NOT CHANGED', 'NOT RECOVERED/NOT RESOLVED', DATE '2024-05-14', NULL),
  ('AE4', 'SU5', 'Pneumonia', 'Respiratory system', 'SEVERE', 3, true, 'hospitalization', 'UNLIKELY RELATED', 'DRUG WITHDRAWN', 'RECOVERING/RESOLVING', DATE '2024-03-15', DATE '2024-03-26'),
  ('AE5', 'SU6', 'Cardiac arrest', 'Heart', 'SEVERE', 5, true, 'death', 'NOT RELATED', 'NOT APPLICABLE', 'FATAL', DATE '2024-04-03', DATE '2024-04-03'),
  ('AE6', 'SU9', 'Rash', 'Skin', 'MILD', 1, true, 'other', 'POSSIBLY RELATED', 'STOPPED', 'RECOVERED/RESOLVED', DATE '2024-11-15', DATE '2024-11-20')
) x(adverse_event_id, subject_id, term, body_system, severity, toxicity_grade, serious, seriousness, relationship, action_taken, outcome, start_date, end_date);

INSERT INTO protocol_deviations BY NAME SELECT * FROM (VALUES
  ('DV1', 'SU1', 'Week 4 visit missed', 'visit_missed', false, DATE '2024-03-16')
) x(deviation_id, subject_id, term, category, major, deviation_date);

INSERT INTO dispositions BY NAME
SELECT 'DSC' || subject_id AS disposition_id, subject_id, 'PROTOCOL MILESTONE' AS category, 'Informed consent obtained' AS term,
  'INFORMED CONSENT OBTAINED' AS decoded_term, 'SCREENING' AS epoch, consent_date AS disposition_date FROM subjects
UNION ALL
SELECT 'DSR' || subject_id, subject_id, 'PROTOCOL MILESTONE', 'Randomized', 'RANDOMIZED', 'SCREENING', randomization_date
FROM subjects WHERE randomization_date IS NOT NULL
UNION ALL
SELECT 'DSE' || s.subject_id, s.subject_id, 'DISPOSITION EVENT', term, decoded, epoch, end_date FROM subjects s JOIN (VALUES
  ('SU1', 'Completed', 'COMPLETED', 'FOLLOW-UP'), ('SU2', 'Completed', 'COMPLETED', 'FOLLOW-UP'), ('SU3', 'Completed', 'COMPLETED', 'FOLLOW-UP'),
  ('SU4', 'HbA1c out of range', 'SCREEN FAILURE', 'SCREENING'), ('SU5', 'Pneumonia', 'ADVERSE EVENT', 'FOLLOW-UP'),
  ('SU6', 'Death', 'DEATH', 'FOLLOW-UP'), ('SU7', 'Withdrew', 'WITHDRAWAL BY SUBJECT', 'SCREENING'), ('SU8', 'Moved away', 'LOST TO FOLLOW-UP', 'SCREENING'),
  ('SU10', 'Completed', 'COMPLETED', 'FOLLOW-UP'), ('SU13', 'Completed', 'COMPLETED', 'FOLLOW-UP')
) x(subject_id, term, decoded, epoch) USING (subject_id);

-- What was asked of everybody, which of it one did not meet, and what was measured of another, three visits long.
INSERT INTO trial_criteria BY NAME SELECT 'HS-DM-201' AS study_id, * FROM (VALUES
  ('INCL01', 'INCLUSION', 'Age within the study''s limits'), ('INCL04', 'INCLUSION', 'Hemoglobin A1c from 7.0 to 10.5 percent'),
  ('EXCL01', 'EXCLUSION', 'Liver or kidney values outside the study''s limits at screening')
) x(criterion_code, category, description);
UPDATE subjects SET failed_criterion = 'INCL04' WHERE subject_id = 'SU4';
INSERT INTO trial_results BY NAME SELECT *, 'SU1' AS subject_id, test_code = 'HBA1C' AS endpoint FROM (VALUES
  ('TR1', 'SV1', 'LB', 'HBA1C', 'Hemoglobin A1C', '4548-4', 'BLOOD', '%', 8.40, 4.0, 5.6, 'HIGH', DATE '2024-02-01'),
  ('TR2', 'SV2', 'LB', 'HBA1C', 'Hemoglobin A1C', '4548-4', 'BLOOD', '%', 8.25, 4.0, 5.6, 'HIGH', DATE '2024-02-15'),
  ('TR3', 'SV5', 'LB', 'HBA1C', 'Hemoglobin A1C', '4548-4', 'BLOOD', '%', 7.10, 4.0, 5.6, 'HIGH', DATE '2024-05-10'),
  ('TR4', 'SV2', 'LB', 'CREAT', 'Creatinine', '2160-0', 'SERUM', 'mg/dL', 0.90, NULL, 1.3, 'NORMAL', DATE '2024-02-15'),
  ('TR5', 'SV1', 'VS', 'SYSBP', 'Systolic Blood Pressure', '8480-6', NULL, 'mmHg', 138.00, NULL, NULL, NULL, DATE '2024-02-01'),
  ('TR6', 'SV5', 'VS', 'SYSBP', 'Systolic Blood Pressure', '8480-6', NULL, 'mmHg', 131.50, NULL, NULL, NULL, DATE '2024-05-10')
) x(trial_result_id, visit_id, domain, test_code, test, loinc_code, specimen, unit, value, reference_low, reference_high, range_indicator, result_date);
