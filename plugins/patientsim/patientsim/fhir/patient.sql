-- US Core 7.0 Patient. Race and ethnicity are codes of the CDC Race and Ethnicity Code Set (CDCREC); several races, of
-- which we do not know which, are text only.
WITH race (word, code, label) AS (
  VALUES
    ('white', '2106-3', 'White'),
    ('black', '2054-5', 'Black or African American'),
    ('asian', '2028-9', 'Asian'),
    ('native', '1002-5', 'American Indian or Alaska Native'),
    ('pacific', '2076-8', 'Native Hawaiian or Other Pacific Islander'),
    ('other', '2131-1', 'Other Race'),
    ('multiple', NULL, 'More than one race')
),
marital (code, label) AS (
  VALUES
    ('S', 'Never married'), ('M', 'Married'), ('D', 'Divorced'), ('L', 'Legally separated'), ('W', 'Widowed'),
    ('T', 'Domestic partner'), ('A', 'Annulled'), ('I', 'Interlocutory'), ('P', 'Polygamous'), ('U', 'Unmarried'),
    ('C', 'Common law')
),
ethnicity (word, code, label) AS (
  VALUES
    ('hispanic', '2135-2', 'Hispanic or Latino'),
    ('not_hispanic', '2186-5', 'Not Hispanic or Latino')
)
SELECT
  person_id AS subject,
  patient_id AS id,
  concat(
    '{"resourceType":"Patient","id":"', patient_id, '"',
    ',"meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]}',
    ',"extension":[',
      '{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":['
        || concat('{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"' || race.code || '"}},')
        || '{"url":"text","valueString":' || to_json(coalesce(race.label, patients.race)) || '}]},',
      '{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity","extension":['
        || concat('{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"' || ethnicity.code || '"}},')
        || '{"url":"text","valueString":' || to_json(coalesce(ethnicity.label, patients.ethnicity)) || '}]},',
      '{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"',
        CASE patients.gender WHEN 'M' THEN 'M' WHEN 'F' THEN 'F' ELSE 'UNK' END, '"}]',
    ',"identifier":[',
      '{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]}',
        ',"system":"https://healthsim.example/mrn","value":', to_json(mrn), '}',
      ',{"use":"official","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"SS"}]}',
        ',"system":"http://hl7.org/fhir/sid/us-ssn","value":', to_json(ssn), '}]',
    ',"active":true',
    ',"name":[{"use":"official","family":', to_json(patients.family_name), ',"given":[', to_json(patients.given_name), ']}]',
    ',"telecom":[',
      '{"system":"phone","value":', to_json(concat_ws('-', phone[1:3], phone[4:6], phone[7:])), ',"use":"home"}',
      ',{"system":"email","value":', to_json(email), ',"use":"home"}]',
    ',"gender":"', CASE patients.gender WHEN 'M' THEN 'male' WHEN 'F' THEN 'female' ELSE 'unknown' END, '"',
    ',"birthDate":"' || patients.birth_date || '"',
    ',"deceasedDateTime":"' || persons.death_date || '"',
    ',"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"'
      || marital.code || '","display":"' || marital.label || '"}]}',
    ',"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"' || persons.language
      || '"}]},"preferred":true}]',
    ',"address":[{"use":"home","line":[', to_json(address_line), '],"city":', to_json(city),
      ',"state":', to_json(state), ',"postalCode":', to_json(zip_code), ',"country":"US"}]',
    ',"generalPractitioner":[{"reference":"Practitioner/' || provider_id || '"}]',
    '}'
  ) AS content
FROM patients
JOIN persons USING (person_id)
LEFT JOIN race ON race.word = patients.race
LEFT JOIN marital ON marital.code = persons.marital_status
LEFT JOIN ethnicity ON ethnicity.word = patients.ethnicity
