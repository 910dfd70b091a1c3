INSERT INTO facilities BY NAME SELECT 'F1' AS facility_id, '2600000017' AS npi, 'Example "General" Hospital' AS name, 'hospital' AS facility_type,
  '282N00000X' AS taxonomy_code, 'Z48201' AS ccn, '890000001' AS tax_id, '1 Elm St, Suite 2' AS address_line, 'Houston' AS city, 'TX' AS state,
  '77002' AS zip_code, '48201' AS county_fips, '7135550100' AS phone, 200 AS bed_count;
INSERT INTO facilities BY NAME SELECT 'F2' AS facility_id, '2600000025' AS npi, 'Example Clinic' AS name, 'clinic' AS facility_type,
  '261QM1300X' AS taxonomy_code, '890000002' AS tax_id, '2 Elm St' AS address_line, 'Houston' AS city, 'TX' AS state,
  '77003' AS zip_code, '48201' AS county_fips, '7135550101' AS phone;
INSERT INTO facilities BY NAME SELECT 'F3' AS facility_id, '2600000033' AS npi, 'Example Laboratory' AS name, 'laboratory' AS facility_type,
  '291U00000X' AS taxonomy_code, '890000003' AS tax_id, '3 Elm St' AS address_line, 'Katy' AS city, 'TX' AS state,
  '77449' AS zip_code, '48201' AS county_fips, '7135550102' AS phone;
INSERT INTO pharmacies BY NAME SELECT 'PH1' AS pharmacy_id, '9900007' AS ncpdp_id, '2700000015' AS npi, 'Example Drugs' AS name,
  'retail' AS pharmacy_type, '3336C0003X' AS taxonomy_code, '790000001' AS tax_id, '4 Elm St' AS address_line, 'Houston' AS city,
  'TX' AS state, '77002' AS zip_code, '48201' AS county_fips, '7135550103' AS phone;
INSERT INTO providers BY NAME SELECT 'PR1' AS provider_id, '2000000012' AS npi, 'Ann' AS given_name, 'Poe' AS family_name, 'F' AS gender,
  'MD' AS credential, 'cardiology' AS specialty, '207RC0000X' AS taxonomy_code, 'F2' AS facility_id, '48201' AS county_fips,
  '7135550104' AS phone;
INSERT INTO providers BY NAME SELECT 'PR2' AS provider_id, '2000000020' AS npi, 'Bob' AS given_name, 'Roe' AS family_name, 'M' AS gender,
  'DPT' AS credential, 'physical_therapy' AS specialty, '225100000X' AS taxonomy_code, 'F2' AS facility_id, '48201' AS county_fips,
  '7135550105' AS phone;
INSERT INTO networks BY NAME SELECT 'HMO_CORE' AS network_id, 'Example HMO Network' AS name, 'HMO' AS network_type, 'HMO' AS plans;
INSERT INTO networks BY NAME SELECT 'EXCHANGE_VALUE' AS network_id, 'Example Value Network' AS name, 'EPO' AS network_type,
  'Exchange-Bronze Exchange-Gold HDHP' AS plans;
INSERT INTO networks BY NAME SELECT 'RX_BROAD' AS network_id, 'Example Pharmacies' AS name, 'pharmacy' AS network_type;
INSERT INTO network_participations BY NAME SELECT 'NP1' AS participation_id, 'HMO_CORE' AS network_id, 'PR1' AS provider_id, 1 AS tier,
  true AS accepts_new_patients;
INSERT INTO network_participations BY NAME SELECT 'NP2' AS participation_id, 'EXCHANGE_VALUE' AS network_id, 'PR1' AS provider_id, 2 AS tier,
  false AS accepts_new_patients;
INSERT INTO network_participations BY NAME SELECT 'NP3' AS participation_id, 'HMO_CORE' AS network_id, 'F1' AS facility_id, 1 AS tier,
  true AS accepts_new_patients;
INSERT INTO network_participations BY NAME SELECT 'NP4' AS participation_id, 'RX_BROAD' AS network_id, 'PH1' AS pharmacy_id, 1 AS tier,
  true AS accepts_new_patients;
