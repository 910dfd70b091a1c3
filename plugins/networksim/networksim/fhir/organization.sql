SELECT
  NULL::VARCHAR AS subject,
  id,
  json_merge_patch(json_object(
    'resourceType', 'Organization',
    'id', id,
    'meta', json_object('profile', json_array('http://hl7.org/fhir/us/core/StructureDefinition/us-core-organization')),
    'identifier', CASE WHEN ncpdp_id IS NULL
      THEN json_array(json_object('system', 'http://hl7.org/fhir/sid/us-npi', 'value', npi))
      ELSE json_array(
        json_object('system', 'http://hl7.org/fhir/sid/us-npi', 'value', npi),
        json_object(
          'system', 'http://terminology.hl7.org/NamingSystem/NCPDPProviderIdentificationNumber', 'value', ncpdp_id)) END,
    'active', true,
    'type', json_array(json_object('coding', json_array(
      json_object('system', 'http://terminology.hl7.org/CodeSystem/organization-type', 'code', 'prov'),
      json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)))),
    'name', name,
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
    'address', json_array(json_object(
      'line', json_array(address_line), 'city', city, 'state', state, 'postalCode', zip_code, 'country', 'US'))
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM (
  SELECT facility_id AS id, NULL::VARCHAR AS ncpdp_id, npi, taxonomy_code, name, phone, address_line, city, state, zip_code
  FROM facilities
  UNION ALL
  SELECT pharmacy_id, ncpdp_id, npi, taxonomy_code, name, phone, address_line, city, state, zip_code
  FROM pharmacies
)
