-- Two patients and a stranger's worth of edge cases: every nullable column both empty and filled, text that needs escaping.
INSERT INTO persons VALUES
  ('P16', 'HH1', 'subscriber', 'María', 'O''Brien "Obie"', '1952-02-29', 'F', 'white', 'hispanic', '12 Back\slash St',
   'Houston', 'TX', '77002', '48201', '7135550142', 'maria@example.com', '900010001', 'es', 'W', '2025-06-01'),
  ('P160', 'HH10', 'subscriber', 'Lee', 'Chan', '1980-07-04', 'M', NULL, NULL, '9 Elm St',
   'Houston', 'TX', '77003', '48201', '7135550143', 'lee@example.com', '900010002', NULL, NULL, NULL),
  ('P32', 'HH2', 'subscriber', 'Ann', 'Poe', '1990-01-31', 'F', 'multiple', 'not_hispanic', '1 Oak St',
   'Houston', 'TX', '77004', '48201', '7135550144', 'ann@example.com', '900010003', 'en', 'S', NULL);
INSERT INTO patients VALUES
  ('PT16', 'P16', 'MRN16', 'María', 'O''Brien "Obie"', '1952-02-29', 'F', 'white', 'hispanic', 'PR1'),
  ('PT160', 'P160', 'MRN160', 'Lee', 'Chan', '1980-07-04', 'M', NULL, NULL, NULL),
  ('PT32', 'P32', 'MRN32', 'Ann', 'Poe', '1990-01-31', 'F', 'multiple', 'not_hispanic', 'PR1');
INSERT INTO encounters VALUES
  ('E1', 'PT16', 'AMB', 'office', 'finished', '2025-01-06 09:00:00', '2025-01-06 09:30:00', 'E11.9', 'PR1', 'F1', NULL, NULL, NULL),
  ('E2', 'PT16', 'IMP', 'inpatient', 'finished', '2025-02-01 22:15:00', '2025-02-04 11:00:00', 'E11.65', 'PR2', 'F1', '01', '1', '1'),
  ('E10', 'PT160', 'VR', 'telehealth', 'finished', '2025-01-07 10:00:00', '2025-01-07 10:20:00', NULL, NULL, NULL, NULL, NULL, NULL),
  ('E3', 'PT32', 'IMP', 'inpatient', 'finished', '2025-03-01 07:30:00', '2025-03-03 11:00:00', 'M17.11', NULL, NULL, '03', '3', '5');
INSERT INTO diagnoses VALUES
  ('D1', 'PT16', NULL, 'problem-list-item', 'E11.9', 'Type 2 diabetes', 1, 'active', '2025-01-06', NULL, '2025-01-06'),
  ('D2', 'PT16', 'E2', 'encounter-diagnosis', 'E11.65', 'Type 2 diabetes, "high" sugar', 1, 'resolved', '2025-02-01', '2025-02-11', '2025-02-02');
INSERT INTO lab_orders VALUES
  ('LO1', 'PT16', 'E1', '4548-4', 'Hemoglobin A1c', 'completed', '2025-01-06 09:20:00', 'PR1', 'F1'),
  ('LO2', 'PT16', NULL, '24323-8', 'Metabolic panel', 'completed', '2025-01-06 09:25:00', NULL, NULL),
  ('LO3', 'PT160', NULL, '4548-4', 'Hemoglobin A1c', 'active', '2025-01-07 10:10:00', NULL, NULL);
INSERT INTO observations VALUES
  ('O1', 'PT16', 'E1', 'LO1', 'laboratory', '4548-4', 'Hemoglobin A1c', 7.25, '%', 4, 5.6, 'H', '2025-01-06 09:40:00', '2025-01-08 08:00:00', 'PR1', NULL, NULL),
  ('O2', 'PT16', NULL, 'LO2', 'laboratory', '2345-7', 'Glucose', 140, 'mg/dL', 70, NULL, 'H', '2025-01-06 09:40:00', '2025-01-08 08:00:00', NULL, NULL, NULL),
  ('O10', 'PT16', NULL, 'LO2', 'laboratory', '2160-0', 'Creatinine', 0.9, 'mg/dL', NULL, 1.3, 'N', '2025-01-06 09:40:00', '2025-01-08 08:00:00', NULL, NULL, NULL),
  ('O3', 'PT160', NULL, NULL, 'laboratory', '2345-7', 'Glucose', 92, 'mg/dL', NULL, NULL, NULL, '2025-01-07 10:15:00', '2025-01-07 12:00:00', NULL, NULL, NULL),
  ('O20', 'PT16', 'E1', NULL, 'vital-signs', '8480-6', 'Systolic', 142, 'mm[Hg]', NULL, 120, 'H', '2025-01-06 09:05:00', '2025-01-06 09:05:00', 'PR1', NULL, NULL),
  ('O21', 'PT16', 'E1', NULL, 'vital-signs', '8462-4', 'Diastolic', 88, 'mm[Hg]', NULL, NULL, NULL, '2025-01-06 09:05:00', '2025-01-06 09:05:00', 'PR1', NULL, NULL),
  ('O22', 'PT160', NULL, NULL, 'vital-signs', '8462-4', 'Diastolic', 71, 'mm[Hg]', NULL, NULL, NULL, '2025-01-07 10:05:00', '2025-01-07 10:05:00', NULL, NULL, NULL),
  ('O23', 'PT16', 'E1', NULL, 'vital-signs', '29463-7', 'Body weight', 81.3, 'kg', NULL, NULL, NULL, '2025-01-06 09:05:00', '2025-01-06 09:05:00', 'PR1', NULL, NULL),
  ('O24', 'PT16', 'E1', NULL, 'vital-signs', '59408-5', 'Oxygen saturation', 98, '%', 95, 100, 'N', '2025-01-06 09:05:00', '2025-01-06 09:05:00', NULL, NULL, NULL),
  ('O25', 'PT16', 'E1', NULL, 'vital-signs', '8280-0', 'Waist circumference', 101, 'cm', NULL, NULL, NULL, '2025-01-06 09:05:00', '2025-01-06 09:05:00', NULL, NULL, NULL),
  ('O30', 'PT16', NULL, NULL, 'social-history', '72166-2', 'Tobacco smoking', NULL, NULL, NULL, NULL, NULL, '2025-01-01 08:00:00', '2025-01-01 08:00:00', NULL, 'LA18978-9', 'Never smoked'),
  ('O31', 'PT16', 'E1', NULL, 'survey', '44261-6', 'PHQ-9 depression score', 12, '{score}', NULL, 9, 'H', '2025-01-06 09:06:00', '2025-01-06 09:06:00', 'PR1', NULL, NULL),
  ('O32', 'PT160', NULL, NULL, 'imaging', '10230-1', 'Left ventricular ejection fraction', 41, '%', 52, NULL, 'L', '2025-01-07 11:00:00', '2025-01-07 11:00:00', NULL, NULL, NULL);
INSERT INTO medication_orders VALUES
  ('MO1', 'PT16', 'E1', '860975', 'metformin 500 mg tablet', 'Take 1 tablet by mouth twice a day', 60, 30, 11, 'E11.9', 'active', '2025-01-06 09:25:00', 'PR1'),
  ('MO2', 'PT160', NULL, '197361', 'amlodipine 5 mg tablet', 'Take 1 tablet by mouth daily', 22.5, 30, 0, NULL, 'stopped', '2025-01-07 10:15:00', NULL);
INSERT INTO procedures VALUES
  ('PC1', 'PT16', 'E1', '36415', 'CPT', 'Blood draw', '2025-01-06 09:40:00', 'PR1'),
  ('PC2', 'PT16', NULL, 'G0108', 'HCPCS', 'Diabetes self-management training', '2025-01-20 13:00:00', NULL),
  ('PC3', 'PT16', 'E2', '3E033VG', 'ICD-10-PCS', 'Insulin into a vein', '2025-02-02 08:00:00', 'PR2'),
  ('PC4', 'PT160', NULL, 'X1', 'local', 'Something of our own', '2025-01-07 10:18:00', NULL);
INSERT INTO immunizations VALUES
  ('IM1', 'PT16', 'E1', '140', 'Influenza vaccine', 'completed', 1, 'HS0001', 'LA', '2025-01-06 09:20:00', 'PR1'),
  ('IM2', 'PT160', NULL, '116', 'Rotavirus vaccine', 'completed', 2, 'HS0002', NULL, '2025-01-07 10:00:00', NULL);
INSERT INTO allergies VALUES
  ('AG1', 'PT16', 'E1', 'medication', '7980', 'Penicillin', 'Anaphylaxis', 'high', 'active', '2025-01-06', 'PR1'),
  ('AG2', 'PT160', NULL, 'food', NULL, 'Peanut', 'Hives', 'low', 'active', '2019-05-01', NULL);
INSERT INTO care_plans VALUES
  ('CP1', 'PT16', 'E1', 'Sugar & "salt"', 'A1c < 7 %', 'E11.9', 'G1', 'completed', '2025-01-06', 'PR1'),
  ('CP2', 'PT16', NULL, 'After the stay', 'Call within 2 days', NULL, NULL, 'active', '2025-02-04', 'PR2'),
  ('CP3', 'PT160', NULL, 'Plan of care', 'Review at the next visit', NULL, NULL, 'active', '2025-01-07', NULL);
INSERT INTO referrals VALUES
  ('RF1', 'PT16', 'E1', 'obstetrics_gynecology', 'E11.9', 'active', 'urgent', '2025-01-06 09:18:00', 'PR1', 'PR2'),
  ('RF2', 'PT160', NULL, 'cardiology', NULL, 'active', 'routine', '2025-01-07 11:00:00', NULL, NULL);
