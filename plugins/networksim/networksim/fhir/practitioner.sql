SELECT
  NULL::VARCHAR AS subject,
  provider_id AS id,
  json_merge_patch(json_object(
    'resourceType', 'Practitioner',
    'id', provider_id,
    'meta', json_object('profile', json_array('http://hl7.org/fhir/us/core/StructureDefinition/us-core-practitioner')),
    'identifier', json_array(json_object('system', 'http://hl7.org/fhir/sid/us-npi', 'value', npi)),
    'active', true,
    'name', json_array(json_object('family', family_name, 'given', json_array(given_name), 'suffix', json_array(credential))),
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
    'gender', CASE gender WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' ELSE 'unknown' END
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM providers
