SELECT
  NULL::VARCHAR AS subject,
  facility_id AS id,
  json_object(
    'resourceType', 'Organization',
    'id', facility_id,
    'meta', json_object('profile', json_array('http://hl7.org/fhir/us/core/StructureDefinition/us-core-organization')),
    'identifier', json_array(json_object('system', 'http://hl7.org/fhir/sid/us-npi', 'value', npi)),
    'active', true,
    'type', json_array(json_object('coding', json_array(
      json_object('system', 'http://terminology.hl7.org/CodeSystem/organization-type', 'code', 'prov')))),
    'name', name,
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
    'address', json_array(json_object(
      'line', json_array(address_line), 'city', city, 'state', state, 'postalCode', zip_code, 'country', 'US'))
  )::VARCHAR AS content
FROM facilities
