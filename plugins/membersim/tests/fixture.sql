-- A family of three on a commercial plan, a widow on Medicare, and what must not be written: a member without an
-- address and claims that lack something. A stay, an emergency visit, fills at a pharmacy, a denied claim, and what the payers
-- remitted. Identifiers are of the ranges nobody is issued.
INSERT INTO persons BY NAME SELECT * FROM (VALUES
  ('P1', 'HH1', 'subscriber', 'José', 'Núñez', DATE '1983-02-03', 'M', '12 OAK ST', 'SAN DIEGO', 'CA', '92101', '6195550101', '900010001'),
  ('P2', 'HH1', 'spouse', 'Ana', 'Núñez', DATE '1985-07-09', 'F', '12 OAK ST', 'SAN DIEGO', 'CA', '92101', '6195550102', '900010002'),
  ('P3', 'HH1', 'dependent', 'Leo', 'Núñez', DATE '2009-11-30', 'M', '12 OAK ST', 'SAN DIEGO', 'CA', '92101', '6195550103', '900010003'),
  ('P16', 'HH2', 'subscriber', 'Ruth', 'O''Hara-Lee', DATE '1949-05-17', 'F', '7 *ELM~ RD', 'HOUSTON', 'TX', '77002', '7135550104', '900010016'),
  ('P32', 'HH3', 'subscriber', 'Max', 'Nowhere', DATE '1950-01-01', 'M', NULL, NULL, NULL, NULL, '7135550105', '900010032')
) x(person_id, household_id, role, given_name, family_name, birth_date, gender, address_line, city, state, zip_code, phone, ssn);

INSERT INTO members BY NAME SELECT * FROM (VALUES
  ('M1', 'P1', 'M1', '18'), ('M2', 'P2', 'M1', '01'), ('M3', 'P3', 'M1', '19'), ('M16', 'P16', 'M16', '18'), ('M32', 'P32', 'M32', '18')
) x(member_id, person_id, subscriber_id, relationship_code) JOIN (SELECT person_id, given_name, family_name, birth_date, gender FROM persons) USING (person_id);

INSERT INTO coverages BY NAME SELECT * FROM (VALUES
  ('CV1', 'M1', 'HSCO1', 'Evergreen Mutual Health', 'PPO', 'Commercial PPO', 'Commercial', 'GRP1', 'FAM', DATE '2024-01-01', DATE '2024-12-31'),
  ('CV2', 'M1', 'HSCO1', 'Evergreen Mutual Health', 'PPO', 'Commercial PPO', 'Commercial', 'GRP1', 'FAM', DATE '2025-01-01', NULL),
  ('CV3', 'M2', 'HSCO1', 'Evergreen Mutual Health', 'PPO', 'Commercial PPO', 'Commercial', 'GRP1', 'FAM', DATE '2025-01-01', NULL),
  ('CV4', 'M3', 'HSCO1', 'Evergreen Mutual Health', 'PPO', 'Commercial PPO', 'Commercial', 'GRP1', 'FAM', DATE '2025-01-01', NULL),
  ('CV16', 'M16', 'HSMA1', 'Blue Heron Medicare', 'MA-HMO', 'Medicare Advantage HMO', 'Medicare', NULL, 'EMP', DATE '2025-01-01', NULL),
  ('CV32', 'M32', 'HSMA1', 'Blue Heron Medicare', 'MA-HMO', 'Medicare Advantage HMO', 'Medicare', NULL, 'EMP', DATE '2025-01-01', NULL)
) x(coverage_id, member_id, payer_id, payer_name, plan_code, plan_name, coverage_type, group_number, coverage_level, start_date, end_date);

INSERT INTO facilities BY NAME SELECT * FROM (VALUES
  ('F1', '2606073015', 'Yarrowdale Medical Group', '261QM1300X', '890607301', '40 WILLOW LN', 'SAN DIEGO', 'CA', '92130', '6195550110'),
  ('F2', '2606073023', 'Yarrowdale Hospital', '282N00000X', '890607302', '41 WILLOW LN', 'SAN DIEGO', 'CA', '92130', '6195550111'),
  ('F3', NULL, 'No Number Clinic', '261QM1300X', '890607303', '42 WILLOW LN', 'SAN DIEGO', 'CA', '92130', NULL)
) x(facility_id, npi, name, taxonomy_code, tax_id, address_line, city, state, zip_code, phone);

INSERT INTO providers BY NAME SELECT * FROM (VALUES
  ('PR1', '2060730001', 'Austin', 'Jones', '207Q00000X'), ('PR2', '2060730019', 'Maya', 'Stone', '207V00000X')
) x(provider_id, npi, given_name, family_name, taxonomy_code);

INSERT INTO pharmacies BY NAME SELECT * FROM (VALUES
  ('PH1', '9900017', '2606073106', 'Alder & Sons Pharmacy', '890607310', '50 WILLOW LN', 'SAN DIEGO', 'CA', '92130')
) x(pharmacy_id, ncpdp_id, npi, name, tax_id, address_line, city, state, zip_code);

INSERT INTO claims BY NAME SELECT *, service_date AS service_end_date, 'professional' AS claim_type FROM (VALUES
  ('C1', 'M1', 'CV2', '11', 'F1', 'PR1', 'F1', '1', DATE '2025-02-03', 325.70),
  ('C2', 'M1', 'CV2', '21', 'F1', 'PR1', 'F2', '1', DATE '2025-03-04', 500.00),
  ('C3', 'M2', 'CV3', '11', 'F1', 'PR2', 'F1', '1', DATE '2025-02-05', 210.05),
  ('C4', 'M3', 'CV4', '10', 'F1', 'PR1', 'F1', '1', DATE '2025-02-06', 90.00),
  ('C16', 'M16', 'CV16', '11', 'F2', 'PR1', 'F2', '1', DATE '2025-05-06', 150.25),
  ('C90', 'M1', 'CV2', '11', 'F3', 'PR1', 'F3', '1', DATE '2025-02-03', 10.00),
  ('C91', 'M1', 'CV2', '11', 'F1', 'PR1', 'F1', '1', DATE '2025-02-03', 10.00),
  ('C92', 'M1', 'CV2', '11', 'F1', 'PR1', 'F1', '1', DATE '2025-02-03', 99.00),
  ('C93', 'M32', 'CV32', '11', 'F1', 'PR1', 'F1', '1', DATE '2025-02-03', 10.00),
  ('C94', 'M1', 'CV2', '11', 'F1', 'PR1', 'F1', '7', DATE '2025-02-03', 10.00)
) x(claim_id, member_id, coverage_id, place_of_service_code, billing_facility_id, rendering_provider_id, facility_id, frequency_code, service_date, charge_amount);
UPDATE claims SET submitted_date = service_date + 3;

INSERT INTO claim_lines BY NAME SELECT * FROM (VALUES
  ('C1', 1, '99214', NULL, 1, '1:2', 302.40), ('C1', 2, '83036', 'QW', 1, '1', 23.30),
  ('C2', 1, '99223', NULL, 1, '1', 400.00), ('C2', 2, '99232', NULL, 2, '1', 100.00),
  ('C3', 1, '99213', NULL, 1, '1', 210.05),
  ('C4', 1, '99213', '95', 1, '1', 90.00),
  ('C16', 1, '99213', NULL, 1, '1', 150.25),
  ('C90', 1, '99213', NULL, 1, '1', 10.00), ('C91', 1, '99213', NULL, 1, '1', 10.00), ('C92', 1, '99213', NULL, 1, '1', 10.00),
  ('C93', 1, '99213', NULL, 1, '1', 10.00), ('C94', 1, '99213', NULL, 1, '1', 10.00)
) x(claim_id, line_number, procedure_code, modifier_code, unit_count, diagnosis_pointers, charge_amount)
JOIN (SELECT claim_id, service_date FROM claims) USING (claim_id);

INSERT INTO claim_diagnoses BY NAME SELECT * FROM (VALUES
  ('C1', 1, 'E11.9'), ('C1', 2, 'I10'), ('C2', 1, 'E11.65'), ('C3', 1, 'Z34.01'), ('C4', 1, 'J06.9'), ('C16', 1, 'I10'),
  ('C90', 1, 'I10'), ('C92', 1, 'I10'), ('C93', 1, 'I10'), ('C94', 1, 'I10')
) x(claim_id, rank, code);

-- I1 is a stay of three days with an operation and I2 the emergency visit of a child who fell; I3 is denied; I16 a Medicare stay.
INSERT INTO claims BY NAME SELECT *, 'institutional' AS claim_type, '1' AS frequency_code, 'F2' AS billing_facility_id, 'F2' AS facility_id FROM (VALUES
  ('I1', 'M1', 'CV2', 'E1', '11', '397', TIMESTAMP '2025-06-10 07:40:00', '3', '1', '01', 'PR2', DATE '2025-06-10', DATE '2025-06-13', 21850.40),
  ('I2', 'M3', 'CV4', 'E2', '13', NULL, TIMESTAMP '2025-07-04 21:15:00', '1', '1', '01', 'PR1', DATE '2025-07-04', DATE '2025-07-04', 1640.00),
  ('I3', 'M2', 'CV3', NULL, '13', NULL, TIMESTAMP '2025-07-20 10:00:00', '3', '1', '01', 'PR1', DATE '2025-07-20', DATE '2025-07-20', 410.00),
  ('I16', 'M16', 'CV16', NULL, '11', '291', TIMESTAMP '2025-08-01 18:05:00', '1', '1', '03', 'PR1', DATE '2025-08-01', DATE '2025-08-05', 30000.00),
  ('I90', 'M1', 'CV2', NULL, '11', '291', NULL, '1', '1', '01', 'PR1', DATE '2025-08-01', DATE '2025-08-05', 100.00),
  ('I91', 'M1', 'CV2', NULL, '13', NULL, NULL, NULL, NULL, '01', NULL, DATE '2025-08-01', DATE '2025-08-01', 100.00),
  ('I92', 'M1', 'CV2', NULL, '13', NULL, NULL, NULL, NULL, '01', 'PR1', DATE '2025-08-01', DATE '2025-08-01', 100.00),
  ('I93', 'M1', 'CV2', NULL, '13', NULL, NULL, NULL, NULL, '01', 'PR1', DATE '2025-08-01', DATE '2025-08-01', 100.00)
) x(claim_id, member_id, coverage_id, encounter_id, bill_type_code, drg_code, admission_datetime, admission_type_code, admission_source_code,
    discharge_status_code, rendering_provider_id, service_date, service_end_date, charge_amount);
INSERT INTO claims BY NAME SELECT *, service_date AS service_end_date, 'pharmacy' AS claim_type, '1' AS frequency_code, 'PH1' AS pharmacy_id FROM (VALUES
  ('X1', 'M1', 'CV2', 'FL1', DATE '2025-02-03', 18.40), ('X2', 'M2', 'CV3', NULL, DATE '2025-02-04', 95.00)
) x(claim_id, member_id, coverage_id, fill_id, service_date, charge_amount);
UPDATE claims SET submitted_date = service_end_date + 3 WHERE claim_type = 'institutional';
UPDATE claims SET submitted_date = service_date WHERE claim_type = 'pharmacy';
-- What other products know of them, in no more than the columns that are read.
CREATE TABLE encounters AS SELECT * FROM (VALUES ('E1', TIMESTAMP '2025-06-13 11:25:00'), ('E2', TIMESTAMP '2025-07-05 00:30:00')) x(encounter_id, end_datetime);
CREATE TABLE fills AS SELECT 'FL1' AS fill_id, 'RP1' AS prescription_id;
CREATE TABLE prescriptions AS SELECT 'RP1' AS prescription_id, '700000000001' AS prescription_number;

INSERT INTO claim_lines BY NAME SELECT * FROM (VALUES
  ('I1', 1, '0120', NULL, NULL, NULL, 3, 9000.00), ('I1', 2, '0250', NULL, NULL, NULL, 12, 850.40), ('I1', 3, '0360', NULL, NULL, NULL, 1, 12000.00),
  ('I2', 1, '0450', '99284', '25', NULL, 1, 1100.00), ('I2', 2, '0320', '73110', NULL, NULL, 1, 540.00),
  ('I3', 1, '0300', '80053', NULL, NULL, 1, 410.00),
  ('I16', 1, '0200', NULL, NULL, NULL, 1, 12000.00), ('I16', 2, '0120', NULL, NULL, NULL, 3, 18000.00),
  ('I90', 1, '0120', NULL, NULL, NULL, 4, 100.00), ('I91', 1, '0450', '99283', NULL, NULL, 1, 100.00), ('I92', 1, NULL, '99283', NULL, NULL, 1, 100.00),
  ('I93', 1, '0450', '99283', NULL, NULL, 1, 100.00),
  ('X1', 1, NULL, NULL, NULL, '99900000101', 60, 18.40), ('X2', 1, NULL, NULL, NULL, '99900000202', 1, 95.00)
) x(claim_id, line_number, revenue_code, procedure_code, modifier_code, ndc_code, unit_count, charge_amount)
JOIN (SELECT claim_id, service_date FROM claims) USING (claim_id);
INSERT INTO claim_diagnoses BY NAME SELECT * FROM (VALUES
  ('I1', 1, 'K35.80', 'Y'), ('I1', 2, 'E11.9', 'Y'), ('I1', 3, 'Z79.4', '1'), ('I1', 4, 'J18.9', 'N'),
  ('I2', 1, 'S52.501A', NULL), ('I2', 2, 'W09.1XXA', NULL), ('I2', 3, 'J45.909', NULL), ('I3', 1, 'I10', NULL),
  ('I16', 1, 'I50.23', 'Y'), ('I16', 2, 'I10', 'Y'), ('I90', 1, 'I10', 'Y'), ('I91', 1, 'I10', NULL), ('I92', 1, 'I10', NULL),
  ('I93', 1, 'W09.1XXA', NULL)
) x(claim_id, rank, code, present_on_admission_code);
INSERT INTO claim_procedures BY NAME SELECT * FROM (VALUES
  ('I1', 1, '0DTJ4ZZ', DATE '2025-06-10'), ('I1', 2, '3E0T3BZ', DATE '2025-06-11')
) x(claim_id, rank, code, procedure_date);

-- What was allowed and paid of each line, the rest explained: C3 goes to the deductible whole, I3 is denied, C92's line is not
-- explained and C4's payment does not agree with its lines; the stay C2 has seven reasons on one line.
UPDATE claim_lines SET allowed_amount = y.allowed, paid_amount = y.paid FROM (VALUES
  ('C1', 1, 130.00, 84.00), ('C1', 2, 10.00, 10.00), ('C2', 1, 180.00, 100.00), ('C2', 2, 100.00, 100.00), ('C3', 1, 92.10, 0.00),
  ('C4', 1, 60.00, 60.00), ('C16', 1, 150.25, 150.25), ('C92', 1, 10.00, 10.00),
  ('I1', 1, 5000.00, 4000.00), ('I1', 2, 500.00, 500.00), ('I1', 3, 6500.00, 6500.00), ('I2', 1, 700.00, 450.00), ('I2', 2, 200.00, 200.00),
  ('I3', 1, 0.00, 0.00), ('I16', 1, 5000.00, 5000.00), ('I16', 2, 6000.55, 4392.55), ('X1', 1, 14.10, 4.10), ('X2', 1, 95.00, 0.00)
) y(claim_id, line_number, allowed, paid) WHERE claim_lines.claim_id = y.claim_id AND claim_lines.line_number = y.line_number;
INSERT INTO claim_adjustments BY NAME SELECT * FROM (VALUES
  ('C1', 1, 'CO', '45', NULL, 172.40), ('C1', 1, 'PR', '2', NULL, 16.00), ('C1', 1, 'PR', '3', NULL, 30.00), ('C1', 2, 'CO', '45', NULL, 13.30),
  ('C2', 1, 'CO', '45', NULL, 220.00), ('C2', 1, 'PR', '1', NULL, 20.00), ('C2', 1, 'PR', '2', NULL, 15.00), ('C2', 1, 'PR', '3', NULL, 10.00),
  ('C2', 1, 'PR', '66', NULL, 5.00), ('C2', 1, 'PR', '119', NULL, 10.00), ('C2', 1, 'PR', '204', 'N130', 10.00), ('C2', 1, 'PR', '243', NULL, 10.00),
  ('C3', 1, 'CO', '45', NULL, 117.95), ('C3', 1, 'PR', '1', NULL, 92.10), ('C4', 1, 'CO', '45', NULL, 30.00),
  ('I1', 1, 'CO', '45', NULL, 4000.00), ('I1', 1, 'PR', '1', NULL, 1000.00), ('I1', 2, 'CO', '45', NULL, 350.40), ('I1', 3, 'CO', '45', NULL, 5500.00),
  ('I2', 1, 'CO', '45', NULL, 400.00), ('I2', 1, 'PR', '3', NULL, 250.00), ('I2', 2, 'CO', '45', NULL, 340.00),
  ('I3', 1, 'CO', '197', 'N54', 410.00),
  ('I16', 1, 'CO', '45', NULL, 7000.00), ('I16', 2, 'CO', '45', NULL, 11999.45), ('I16', 2, 'PR', '1', NULL, 1608.00),
  ('X1', 1, 'CO', '45', NULL, 4.30), ('X1', 1, 'PR', '3', NULL, 10.00), ('X2', 1, 'PR', '1', NULL, 95.00)
) x(claim_id, line_number, group_code, reason_code, remark_code, amount);
UPDATE claims SET allowed_amount = y.allowed, paid_amount = y.paid, status = if(claim_id = 'I3', 'denied', 'paid')
FROM (SELECT claim_id AS id, sum(allowed_amount) AS allowed, sum(paid_amount) AS paid FROM claim_lines GROUP BY claim_id) y
WHERE claim_id = y.id;
-- Payers pay on Fridays.
INSERT INTO remittances BY NAME SELECT
  'RA' || claim_id[2:] || claim_id[:1] AS remittance_id, claim_id, payer_id, '1' AS claim_status_code,
  date_trunc('week', submitted_date + 10)::DATE + 4 AS payment_date, if(paid_amount > 0, 'ACH', 'NON') AS payment_method_code,
  if(claim_id = 'C4', 50, paid_amount) AS paid_amount, 'HS' || claim_id AS payer_control_number
FROM claims JOIN (SELECT coverage_id, payer_id FROM coverages) USING (coverage_id)
WHERE claim_id NOT IN ('C90', 'C91', 'C93', 'C94', 'I90', 'I91', 'I92', 'I93');
