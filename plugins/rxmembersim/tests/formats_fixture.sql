-- A family on a commercial plan, a widow on Part D in a nursing home, and what must not be written: claims that lack something
-- or do not add up. Identifiers are of the ranges nobody is issued; the NDCs are invented.
INSERT INTO persons BY NAME SELECT * FROM (VALUES
  ('P1', 'José', 'Núñez', DATE '1983-02-03', 'M', '12 Oak St', 'San Diego', 'CA', '92101', '6195550101'),
  ('P2', 'Ana', 'Núñez', DATE '1985-07-09', 'F', '12 Oak St', 'San Diego', 'CA', '92101', '6195550102'),
  ('P3', 'Maximiliana-Alexandra', 'Featherstonehaugh-Núñez', DATE '2009-11-30', 'F', '12 Oak St', 'San Diego', 'CA', '92101', '6195550103'),
  ('P16', 'Ruth', 'O''Hara-Lee', DATE '1949-05-17', 'F', '7 Elm Rd', 'Houston', 'TX', '77002', '7135550104'),
  ('P32', 'Max', 'Dayless', NULL, 'M', NULL, NULL, NULL, NULL, NULL)
) x(person_id, given_name, family_name, birth_date, gender, address_line, city, state, zip_code, phone);

INSERT INTO rx_members BY NAME SELECT * FROM (VALUES
  ('RX1', 'P1', 'M1', 'RX100000001', '001', '1', '990001', 'HSCOMM', 'GRP1', 'COM3TIER', 'Commercial'),
  ('RX2', 'P2', 'M2', 'RX100000001', '002', '2', '990001', 'HSCOMM', 'GRP1', 'COM3TIER', 'Commercial'),
  ('RX3', 'P3', NULL, 'RX100000001', '003', '3', '990001', 'HSCOMM', 'GRP1', 'COMMERCIAL-LONG', 'Commercial'),
  ('RX16', 'P16', 'M16', 'RX100000016', '001', '1', '990002', 'HSPARTD', 'PDPSTD', 'PDP-STD', 'Medicare Part D'),
  ('RX32', 'P32', NULL, 'RX100000032', '001', '1', '990002', 'HSPARTD', 'PDPSTD', 'PDP-STD', 'Medicare Part D')
) x(rx_member_id, person_id, member_id, cardholder_id, person_code, relationship_code, bin, pcn, group_id, plan_code, benefit_type)
JOIN (SELECT person_id, given_name, family_name, birth_date, gender FROM persons) USING (person_id);

INSERT INTO pharmacies BY NAME SELECT * FROM (VALUES
  ('PH1', '9900017', '2606073015', 'Yarrowdale Pharmacy', 'retail'),
  ('PH2', '9900025', '2606073023', 'Heronbrook Care Pharmacy', 'long_term_care'),
  ('PH3', '9900033', NULL, 'No Number Pharmacy', 'retail')
) x(pharmacy_id, ncpdp_id, npi, name, pharmacy_type);

INSERT INTO providers BY NAME SELECT * FROM (VALUES
  ('PR1', '2060730001', 'Austin', 'Jones', '6195550120'), ('PR2', '2060730019', 'Maya', 'Stone', '7135550121')
) x(provider_id, npi, given_name, family_name, phone);

INSERT INTO drugs BY NAME SELECT * FROM (VALUES
  ('99990000101', '861007', 'metformin', 'metformin 500 mg tablet', NULL, 'EA', 0.08),
  ('99990000202', '1049621', 'oxycodone', 'oxycodone 5 mg tablet', 'II', 'EA', 0.35),
  ('99990000303', '274783', 'insulin_glargine', 'insulin glargine 100 units/mL', NULL, 'ML', 31.125),
  ('99990000404', '327361', 'adalimumab', 'adalimumab 40 mg pen', NULL, 'EA', 3460.55)
) x(ndc_code, rxnorm_code, drug, label, dea_schedule, unit, unit_cost_amount);

INSERT INTO prescriptions BY NAME SELECT * FROM (VALUES
  ('RP1', 'RX1', 'MO1', '1000001', '99990000101', '861007', 60.0, 30, 5, '0', 'E11.9', DATE '2025-02-01', 'PR1', 'PH1'),
  ('RP2', 'RX2', 'MO2', '1000002', '99990000202', '1049621', 20.0, 5, 0, '0', 'M54.50', DATE '2025-02-10', 'PR1', 'PH1'),
  ('RP3', 'RX3', NULL, '1000003', '99990000303', '274783', 7.5, 30, 11, '1', 'E10.9', DATE '2025-03-01', NULL, 'PH1'),
  ('RP4', 'RX16', 'MO4', '1000004', '99990000101', '861007', 180.0, 90, 3, '0', NULL, DATE '2025-01-05', 'PR2', 'PH2'),
  ('RP5', 'RX16', 'MO5', '1000005', '99990000404', '327361', 2.0, 28, 11, '0', 'M06.9', DATE '2025-01-15', 'PR2', 'PH2'),
  ('RP6', 'RX1', NULL, '1000006', '99990000101', '861007', 60.0, 30, 0, '0', NULL, DATE '2025-01-05', NULL, 'PH3'),
  ('RP7', 'RX32', NULL, '1000007', '99990000101', '861007', 60.0, 30, 0, '0', NULL, DATE '2025-01-05', NULL, 'PH2'),
  ('RP8', 'RX1', NULL, '1000008', '99990000999', '999999', 60.0, 30, 0, '0', NULL, DATE '2025-01-05', NULL, 'PH1')
) x(prescription_id, rx_member_id, medication_order_id, prescription_number, ndc_code, rxnorm_code, quantity, days_supply, refill_count, daw_code,
    reason_code, written_date, prescriber_id, pharmacy_id);
UPDATE prescriptions SET status = 'active', description = (SELECT label FROM drugs WHERE drugs.ndc_code = prescriptions.ndc_code);

INSERT INTO fills BY NAME SELECT *, ingredient_cost_amount + dispensing_fee_amount AS total_amount FROM (VALUES
  ('FL1', 'RP1', 'RX1', 0, DATE '2025-02-01', 'dispensed', 4.80, 1.75, 0.00, 6.55, 6.55, 0.00, 'initial'),
  ('FL2', 'RP1', 'RX1', 1, DATE '2025-03-02', 'reversed', 4.80, 1.75, 0.00, 5.00, 5.00, 1.55, 'initial'),
  ('FL3', 'RP2', 'RX2', 0, DATE '2025-02-11', 'dispensed', 7.00, 1.75, 8.75, 0.00, 8.75, 0.00, 'deductible'),
  ('FL4', 'RP3', 'RX3', 0, DATE '2025-03-01', 'dispensed', 233.44, 2.00, 100.00, 35.00, 135.00, 100.44, 'initial'),
  ('FL5', 'RP4', 'RX16', 0, DATE '2025-01-06', 'dispensed', 14.40, 2.00, 0.00, 3.00, 3.00, 13.40, 'initial'),
  ('FL6', 'RP5', 'RX16', 0, DATE '2025-01-16', 'dispensed', 6921.10, 4.00, 590.00, 1407.00, 1997.00, 4928.10, 'catastrophic'),
  ('FL7', 'RP5', 'RX16', 1, DATE '2025-02-13', 'dispensed', 6921.10, 4.00, 0.00, 0.00, 0.00, 6925.10, 'catastrophic'),
  ('FL8', 'RP4', 'RX16', 1, DATE '2025-04-06', 'dispensed', 14.40, 2.00, 5.00, 3.00, 8.00, 8.40, 'initial'),
  ('FL9', 'RP4', 'RX16', 2, DATE '2025-07-05', 'dispensed', 14.40, 2.00, 0.00, 3.00, 3.00, 13.40, 'initial'),
  ('FL90', 'RP6', 'RX1', 0, DATE '2025-01-06', 'dispensed', 4.80, 1.75, 0.00, 5.00, 5.00, 1.55, 'initial'),
  ('FL91', 'RP1', 'RX1', 2, DATE '2025-04-02', 'dispensed', 4.80, 1.75, 0.00, 5.00, 5.00, 1.54, 'initial'),
  ('FL92', 'RP1', 'RX1', 3, DATE '2025-05-02', 'dispensed', 4.80, 1.75, 0.00, 4.00, 5.00, 1.55, 'initial'),
  ('FL93', 'RP1', 'RX1', 4, DATE '2025-06-02', 'dispensed', 1234567.89, 1.75, 0.00, 5.00, 5.00, 1234564.64, 'initial')
) x(fill_id, prescription_id, rx_member_id, fill_number, fill_date, status, ingredient_cost_amount, dispensing_fee_amount,
    deductible_amount, copay_amount, patient_pay_amount, plan_paid_amount, benefit_phase)
JOIN (SELECT prescription_id, ndc_code, quantity, days_supply, pharmacy_id FROM prescriptions) USING (prescription_id);

INSERT INTO rx_claims BY NAME SELECT *, lpad(row_number() OVER ()::VARCHAR, 12, '0') AS authorization_number FROM (VALUES
  ('RC1', 'RX1', 'RP1', 'FL1', 'B1', 0, DATE '2025-02-01', DATE '2025-02-01', 'P', NULL),
  ('RC2', 'RX1', 'RP1', NULL, 'B1', 1, DATE '2025-02-15', DATE '2025-02-15', 'R', '79'),
  ('RC3', 'RX1', 'RP1', 'FL2', 'B1', 1, DATE '2025-03-02', DATE '2025-03-02', 'P', NULL),
  ('RC4', 'RX1', 'RP1', 'FL2', 'B2', 1, DATE '2025-03-02', DATE '2025-03-09', 'A', NULL),
  ('RC5', 'RX2', 'RP2', 'FL3', 'B1', 0, DATE '2025-02-11', DATE '2025-02-11', 'P', NULL),
  ('RC6', 'RX3', 'RP3', 'FL4', 'B1', 0, DATE '2025-03-01', DATE '2025-03-01', 'P', NULL),
  ('RC7', 'RX16', 'RP5', NULL, 'B1', 0, DATE '2025-01-15', DATE '2025-01-15', 'R', '75'),
  ('RC8', 'RX16', 'RP4', 'FL5', 'B1', 0, DATE '2025-01-06', DATE '2025-01-06', 'P', NULL),
  ('RC9', 'RX16', 'RP5', 'FL6', 'B1', 0, DATE '2025-01-16', DATE '2025-01-16', 'P', NULL),
  ('RC10', 'RX16', 'RP5', 'FL7', 'B1', 1, DATE '2025-02-13', DATE '2025-02-13', 'P', NULL),
  ('RC11', 'RX16', 'RP4', 'FL8', 'B1', 1, DATE '2025-04-06', DATE '2025-04-06', 'P', NULL),
  ('RC12', 'RX16', 'RP4', NULL, 'B2', 2, DATE '2025-06-06', DATE '2025-06-07', 'R', '87'),
  ('RC13', 'RX16', 'RP4', 'FL9', 'B3', 2, DATE '2025-07-05', DATE '2025-07-06', 'P', NULL),
  ('RC90', 'RX1', 'RP6', 'FL90', 'B1', 0, DATE '2025-01-06', DATE '2025-01-06', 'P', NULL),
  ('RC91', 'RX1', 'RP1', 'FL91', 'B1', 2, DATE '2025-04-02', DATE '2025-04-02', 'P', NULL),
  ('RC92', 'RX1', 'RP1', 'FL92', 'B1', 3, DATE '2025-05-02', DATE '2025-05-02', 'P', NULL),
  ('RC93', 'RX1', 'RP1', 'FL93', 'B1', 4, DATE '2025-06-02', DATE '2025-06-02', 'P', NULL),
  ('RC94', 'RX32', 'RP7', NULL, 'B1', 0, DATE '2025-01-06', DATE '2025-01-06', 'R', '70'),
  ('RC95', 'RX1', 'RP8', NULL, 'B1', 0, DATE '2025-01-06', DATE '2025-01-06', 'R', '70'),
  ('RC96', 'RX1', 'RP1', NULL, 'B1', 5, DATE '2025-07-06', DATE '2025-07-06', 'P', NULL),
  ('RC97', 'RX1', 'RP1', NULL, 'B1', 5, DATE '2025-07-06', DATE '2025-07-06', 'R', NULL),
  ('RC98', 'RX1', 'RP1', NULL, 'B1', 5, DATE '2025-07-06', DATE '2025-07-06', 'A', NULL)
) x(rx_claim_id, rx_member_id, prescription_id, fill_id, transaction_code, fill_number, service_date, transaction_date, response_status, reject_code);
