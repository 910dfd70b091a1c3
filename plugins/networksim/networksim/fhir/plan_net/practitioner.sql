-- Columns that a directory may lack are NULL.
WITH everyone AS (
  SELECT * FROM providers
  UNION ALL BY NAME
  SELECT NULL::VARCHAR AS languages WHERE false
)
SELECT
  NULL::VARCHAR AS subject,
  provider_id AS id,
  json_merge_patch(
    json_object(
      'resourceType', 'Practitioner',
      'id', provider_id,
      'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-Practitioner')),
      'identifier', json_array(json_object(
        'type', json_object('coding', json_array(
          json_object('system', 'http://terminology.hl7.org/CodeSystem/v2-0203', 'code', 'NPI'))),
        'system', 'http://hl7.org/fhir/sid/us-npi', 'value', npi)),
      'active', true,
      'name', json_array(json_object(
        'text', given_name || ' ' || family_name || ', ' || credential,
        'family', family_name, 'given', json_array(given_name), 'suffix', json_array(credential))),
      'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
      'gender', CASE gender WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' ELSE 'unknown' END,
      'qualification', json_array(json_object(
        'extension', json_array(json_object(
          'url', '{base}/StructureDefinition/practitioner-qualification',
          'extension', json_array(json_object('url', 'status', 'valueCode', 'active')))),
        'code', json_object(
          'coding', json_array(json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)),
          'text', replace(specialty, '_', ' '))))),
    CASE WHEN languages IS NULL OR languages = '' THEN '{}'::JSON ELSE json_object(
      'communication', list_transform(regexp_split_to_array(languages, '[ ,;]+'), lambda one: json_object(
        'coding', json_array(json_object('system', 'urn:ietf:bcp:47', 'code', one))))) END,
    CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END
  )::VARCHAR AS content
FROM everyone
