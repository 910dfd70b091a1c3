SELECT
  NULL::VARCHAR AS subject,
  facility_id AS id,
  json_object(
    'resourceType', 'Location',
    'id', facility_id,
    'meta', json_object('profile', json_array('http://hl7.org/fhir/us/core/StructureDefinition/us-core-location')),
    'status', 'active',
    'name', name,
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
    'address', json_object(
      'line', json_array(address_line), 'city', city, 'state', state, 'postalCode', zip_code, 'country', 'US'),
    'managingOrganization', json_object('reference', 'Organization/' || facility_id)
  )::VARCHAR AS content
FROM facilities
