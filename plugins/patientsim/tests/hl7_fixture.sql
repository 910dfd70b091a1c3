-- A family, a stranger and their doctors: every nullable column both empty and filled, text full of separators.
-- The tables of other products have the columns that the messages read.
CREATE TABLE facilities (facility_id VARCHAR, npi VARCHAR, name VARCHAR);
CREATE TABLE providers (provider_id VARCHAR, npi VARCHAR, given_name VARCHAR, family_name VARCHAR, credential VARCHAR);
CREATE TABLE members (
  member_id VARCHAR, person_id VARCHAR, subscriber_id VARCHAR, relationship_code VARCHAR, given_name VARCHAR,
  family_name VARCHAR, birth_date DATE, gender VARCHAR,
  subscriber_given_name VARCHAR, subscriber_family_name VARCHAR, subscriber_birth_date DATE, subscriber_gender VARCHAR
);
CREATE TABLE coverages (
  coverage_id VARCHAR, member_id VARCHAR, payer_id VARCHAR, payer_name VARCHAR, plan_code VARCHAR, plan_name VARCHAR,
  group_number VARCHAR, start_date DATE, end_date DATE
);
INSERT INTO facilities VALUES ('F1', '2000000030', 'Mercy & Grace | Hospital'), ('F2', '2000000048', 'Elm Clinic');
INSERT INTO providers VALUES ('PR1', '2000000006', 'Ana', 'Ray', 'MD'), ('PR2', '2000000014', 'Bo', 'Hu', 'DO');
INSERT INTO persons
  (person_id, household_id, role, given_name, family_name, birth_date, gender, race, ethnicity, address_line, city, state,
   zip_code, county_fips, phone, email, ssn)
VALUES
  ('P16', 'HH1', 'subscriber', 'María', 'O''Brien|Obie^', '1952-02-29', 'F', 'white', 'hispanic', '12 Back\slash & Co St',
   'Houston', 'TX', '77002', '48201', '7135550142', 'maria@example.com', '900010001'),
  ('P17', 'HH1', 'spouse', 'Tom', 'O''Brien', '1950-05-01', 'M', 'multiple', 'not_hispanic', '12 Back\slash & Co St',
   'Houston', 'TX', '77002', '48201', '7135550142', 'tom@example.com', '900010002'),
  ('P18', 'HH1', 'dependent', 'Kit', 'O''Brien', '2015-08-08', 'M', NULL, NULL, '12 Back\slash & Co St',
   'Houston', 'TX', '77002', '48201', '7135550142', 'kit@example.com', '900010003'),
  ('P160', 'HH10', 'subscriber', 'Lee', 'Chan', NULL, 'M', 'asian', NULL, '9 Elm St',
   'Houston', 'TX', '77003', '48201', '7135550143', 'lee@example.com', '900010004');
INSERT INTO patients
  (patient_id, person_id, mrn, given_name, family_name, birth_date, gender, race, ethnicity, provider_id)
VALUES
  ('PT16', 'P16', 'MRN16', 'María', 'O''Brien|Obie^', '1952-02-29', 'F', 'white', 'hispanic', 'PR1'),
  ('PT17', 'P17', 'MRN17', 'Tom', 'O''Brien', '1950-05-01', 'M', 'multiple', 'not_hispanic', 'PR1'),
  ('PT18', 'P18', 'MRN18', 'Kit', 'O''Brien', '2015-08-08', 'M', NULL, NULL, NULL),
  ('PT160', 'P160', 'MRN160', 'Lee', 'Chan', NULL, 'M', 'asian', NULL, NULL);
INSERT INTO members BY POSITION SELECT *, NULL, NULL, NULL, NULL FROM (VALUES
  ('M16', 'P16', 'M16', '18', 'María', 'O''Brien|Obie^', '1952-02-29', 'F'),
  ('M17', 'P17', 'M16', '01', 'Tom', 'O''Brien', '1950-05-01', 'M'),
  ('M18', 'P18', 'M16', '19', 'Kit', 'O''Brien', '2015-08-08', 'M')
) x;
INSERT INTO coverages VALUES
  ('CV1', 'M16', 'HSCO1', 'EVERGREEN MUTUAL', 'PPO', 'Commercial PPO', 'GRP7', '2024-01-01', '2025-01-31'),
  ('CV2', 'M16', 'HSMA1', 'HARBOR ADVANTAGE', 'MA-HMO', 'Medicare Advantage HMO', NULL, '2025-02-01', NULL),
  ('CV3', 'M18', 'HSCO1', 'EVERGREEN MUTUAL', 'PPO', 'Commercial PPO', 'GRP7', '2024-01-01', NULL);
INSERT INTO encounters
  (encounter_id, patient_id, encounter_class, encounter_type, status, start_datetime, end_datetime, reason_code,
   provider_id, facility_id, discharge_disposition_code, admission_type_code, admission_source_code)
VALUES
  ('E1', 'PT16', 'AMB', 'office', 'finished', '2025-01-06 09:00', '2025-01-06 09:30', 'E11.9', 'PR1', 'F2', NULL, NULL, NULL),
  ('E2', 'PT16', 'EMER', 'ed', 'finished', '2025-02-01 20:05', '2025-02-01 22:15', 'E11.65', 'PR2', 'F1', '09', NULL, NULL),
  ('E3', 'PT16', 'IMP', 'inpatient', 'finished', '2025-02-01 22:15', '2025-02-04 11:00', 'E11.65', 'PR2', 'F1', '01', '1', '1'),
  ('E4', 'PT17', 'IMP', 'inpatient', 'finished', '2025-02-02 08:00', '2025-02-05 03:00', 'I21.4', 'PR2', 'F1', '20', '3', NULL),
  ('E5', 'PT18', 'AMB', 'office', 'finished', '2025-01-06 09:00', '2025-01-06 09:20', NULL, NULL, NULL, NULL, NULL, NULL),
  ('E6', 'PT160', 'VR', 'telehealth', 'finished', '2025-01-07 10:00', '2025-01-07 10:20', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO diagnoses
  (diagnosis_id, patient_id, encounter_id, category, code, description, rank, clinical_status, onset_date, recorded_date)
VALUES
  ('D1', 'PT16', NULL, 'problem-list-item', 'E11.9', 'Type 2 diabetes', 1, 'active', '2020-01-06', '2020-01-06'),
  ('D2', 'PT16', 'E1', 'encounter-diagnosis', 'E11.9', 'Type 2 diabetes', 1, 'active', '2020-01-06', '2025-01-06'),
  ('D3', 'PT16', 'E3', 'encounter-diagnosis', 'E11.65', 'Diabetes, sugar > 300 & ketones', 1, 'active', '2025-02-01', '2025-02-01'),
  ('D10', 'PT16', 'E3', 'encounter-diagnosis', 'I10', 'High blood pressure', 2, 'active', '2019-02-01', '2025-02-01');
INSERT INTO allergies
  (allergy_id, patient_id, category, code, description, reaction, criticality, clinical_status, recorded_date)
VALUES
  ('AG1', 'PT16', 'medication', '7980', 'Penicillin', 'Hives ~ rash', 'high', 'active', '2010-01-01'),
  ('AG2', 'PT16', 'food', NULL, 'Peanut', 'Rash', 'low', 'active', '2025-01-20');
INSERT INTO movements
  (movement_id, patient_id, encounter_id, movement_type, movement_datetime, unit, room, facility_id, provider_id)
VALUES
  ('MV12', 'PT16', 'E3', 'discharge', '2025-02-04 11:00', 'STEPDOWN', '601-B', 'F1', 'PR2'),
  ('MV1', 'PT16', 'E1', 'register', '2025-01-06 09:00', 'CLINIC', NULL, 'F2', 'PR1'),
  ('MV2', 'PT16', 'E1', 'discharge', '2025-01-06 09:30', 'CLINIC', 'EX-3', 'F2', 'PR1'),
  ('MV3', 'PT16', 'E2', 'register', '2025-02-01 20:05', 'ED', NULL, 'F1', 'PR2'),
  ('MV4', 'PT16', 'E2', 'update', '2025-02-01 20:25', 'ED', 'ED-07', 'F1', 'PR2'),
  ('MV5', 'PT16', 'E2', 'discharge', '2025-02-01 22:15', 'ED', 'ED-07', 'F1', 'PR2'),
  ('MV10', 'PT16', 'E3', 'admit', '2025-02-01 22:15', 'ICU', '512-A', 'F1', 'PR2'),
  ('MV11', 'PT16', 'E3', 'transfer', '2025-02-02 14:10', 'STEPDOWN', '601-B', 'F1', 'PR2'),
  ('MV20', 'PT17', 'E4', 'admit', '2025-02-02 08:00', 'ICU', '513-A', 'F1', 'PR2'),
  ('MV21', 'PT17', 'E4', 'discharge', '2025-02-05 03:00', 'ICU', '513-A', 'F1', 'PR2'),
  ('MV30', 'PT18', 'E5', 'register', '2025-01-06 09:00', NULL, NULL, NULL, NULL),
  ('MV31', 'PT18', 'E5', 'discharge', '2025-01-06 09:20', NULL, NULL, NULL, NULL),
  ('MV40', 'PT160', NULL, 'discharge', '2025-01-09 11:00', NULL, NULL, NULL, NULL),
  ('MV41', 'PT160', 'E6', 'teleport', '2025-01-07 10:00', NULL, NULL, NULL, NULL);
INSERT INTO lab_orders
  (lab_order_id, patient_id, encounter_id, code, description, status, ordered_datetime, provider_id)
VALUES
  ('LO1', 'PT16', 'E1', '24323-8', 'Metabolic panel', 'completed', '2025-01-06 09:20', 'PR1'),
  ('LO2', 'PT16', 'E3', '4548-4', 'Hemoglobin A1c', 'completed', '2025-02-02 09:00', NULL),
  ('LO3', 'PT160', NULL, '4548-4', 'Hemoglobin A1c', 'active', '2025-01-07 10:10', NULL);
INSERT INTO observations
  (observation_id, patient_id, encounter_id, lab_order_id, category, code, description, value, unit, reference_low,
   reference_high, interpretation_code, effective_datetime, issued_datetime, provider_id, value_code, value_text)
VALUES
  ('O10', 'PT16', 'E1', 'LO1', 'laboratory', '2160-0', 'Creatinine', 0.9, 'mg/dL', NULL, 1.3, 'N', '2025-01-06 09:40', '2025-01-08 08:05', 'PR1', NULL, NULL),
  ('O2', 'PT16', 'E1', 'LO1', 'laboratory', '2345-7', 'Glucose', 140, 'mg/dL', 70, 99, 'H', '2025-01-06 09:40', '2025-01-08 08:00', 'PR1', NULL, NULL),
  ('O3', 'PT16', 'E3', 'LO2', 'laboratory', '4548-4', 'Hemoglobin A1c', 7.25, '%', 4, 5.6, 'H', '2025-02-02 09:30', '2025-02-02 12:00', NULL, NULL, NULL),
  ('O4', 'PT160', NULL, NULL, 'laboratory', '98979-8', 'Filtration | estimated', 92, 'mL/min/{1.73_m2}', 60, NULL, NULL, '2025-01-07 10:15', '2025-01-07 12:00', NULL, NULL, NULL),
  ('O5', 'PT160', NULL, NULL, 'laboratory', '882-1', 'Blood group', NULL, NULL, NULL, NULL, NULL, '2025-01-07 10:15', '2025-01-07 12:00', NULL, 'LA19709-7', 'Group A & Rh positive'),
  ('O6', 'PT160', NULL, NULL, 'laboratory', '630-4', 'Urine culture', NULL, NULL, NULL, NULL, 'N', '2025-01-07 10:15', '2025-01-09 12:00', NULL, NULL, 'No growth ^ 48 h'),
  ('O20', 'PT16', 'E1', NULL, 'vital-signs', '8480-6', 'Systolic', 142, 'mm[Hg]', NULL, 120, 'H', '2025-01-06 09:05', '2025-01-06 09:05', 'PR1', NULL, NULL);
INSERT INTO immunizations
  (immunization_id, patient_id, encounter_id, code, description, status, dose_number, lot_number, site_code,
   occurrence_datetime, provider_id)
VALUES
  ('IM1', 'PT18', 'E5', '03', 'Measles, mumps & rubella', 'completed', 2, 'HS7|A', 'LT', '2025-01-06 09:15', 'PR1'),
  ('IM2', 'PT18', 'E5', '122', 'Rotavirus', 'completed', 1, 'HS8', NULL, '2025-01-06 09:15', NULL),
  ('IM3', 'PT16', NULL, '140', 'Influenza', 'completed', 1, 'HS9', 'RA', '2024-10-06 09:15', NULL);
INSERT INTO medication_orders
  (medication_order_id, patient_id, encounter_id, code, description, dosage, quantity, days_supply, refill_count,
   reason_code, status, ordered_datetime, provider_id)
VALUES
  ('MO1', 'PT16', 'E1', '861007', 'metformin hydrochloride 500 MG Oral Tablet', 'Take 1 tablet by mouth twice a day', 60, 30, 11, 'E11.9', 'active', '2025-01-06 09:25', 'PR1'),
  ('MO2', 'PT160', NULL, '727762', 'semaglutide pen', 'Inject 0.5 mg under the skin once a week', 3, 28, 0, NULL, 'stopped', '2025-01-07 10:15', NULL),
  ('MO3', 'PT160', NULL, '727763', 'a cream', 'Rub in & let dry', 1, 28, 0, NULL, 'active', '2025-01-07 10:16', NULL);
INSERT INTO procedures
  (procedure_id, patient_id, encounter_id, code, system, description, performed_datetime, provider_id)
VALUES
  ('PC1', 'PT16', 'E1', '36415', 'CPT', 'Blood draw', '2025-01-06 09:20', 'PR1'),
  ('PC2', 'PT16', NULL, 'G0108', 'HCPCS', 'Diabetes self-management training', '2025-01-20 13:00', NULL),
  ('PC3', 'PT16', 'E3', '3E033VG', 'ICD-10-PCS', 'Insulin into a vein', '2025-02-02 08:00', 'PR2'),
  ('PC4', 'PT16', 'E3', '3E0336Z', 'ICD-10-PCS', 'Feeding into a vein', '2025-02-03 08:00', NULL);
