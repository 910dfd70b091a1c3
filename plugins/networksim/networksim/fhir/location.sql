SELECT
  NULL::VARCHAR AS subject,
  id,
  json_merge_patch(json_object(
    'resourceType', 'Location',
    'id', id,
    'meta', json_object('profile', json_array('{location}')),
    'status', 'active',
    'name', name,
    'type', json_array(json_object('coding', json_array(
      json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)))),
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
    'address', json_object(
      'line', json_array(address_line), 'city', city, 'state', state, 'postalCode', zip_code, 'country', 'US'),
    'managingOrganization', json_object('reference', 'Organization/' || id)
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM (
  SELECT facility_id AS id, taxonomy_code, name, phone, address_line, city, state, zip_code FROM facilities
  UNION ALL
  SELECT pharmacy_id, taxonomy_code, name, phone, address_line, city, state, zip_code FROM pharmacies
)
