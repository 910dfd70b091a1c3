-- A family of three on a commercial plan, a widow on Medicare, and what must not be written: a member without an
-- address and claims that lack something. Identifiers are of the ranges nobody is issued.
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
