SELECT
  NULL::VARCHAR AS subject,
  id,
  json_merge_patch(json_object(
    'resourceType', 'Location',
    'id', id,
    'meta', json_object('profile', json_array('{location}')),
    'status', 'active',
    'name', name,
    -- HL7's role of the place; the exact taxonomy is its organization's, and stands here where HL7 has no role.
    'type', json_array(json_object('coding', json_array(CASE WHEN role IS NULL
      THEN json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)
      ELSE json_object('system', 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'code', role) END))),
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
    'address', json_object(
      'line', json_array(address_line), 'city', city, 'state', state, 'postalCode', zip_code, 'country', 'US'),
    'managingOrganization', json_object('reference', 'Organization/' || id)
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM (
  SELECT *, CASE
    WHEN taxonomy_code LIKE '282%' THEN 'HOSP'
    WHEN taxonomy_code LIKE '314%' THEN 'SNF'
    WHEN taxonomy_code LIKE '333%' THEN 'PHARM'
    WHEN taxonomy_code LIKE '261QR02%' THEN 'RADDX'
    WHEN taxonomy_code LIKE '261%' OR taxonomy_code LIKE '193%' THEN 'OF'
  END AS role
  FROM (
    SELECT facility_id AS id, taxonomy_code, name, phone, address_line, city, state, zip_code FROM facilities
    UNION ALL
    SELECT pharmacy_id, taxonomy_code, name, phone, address_line, city, state, zip_code FROM pharmacies
  )
)
