-- Facilities and pharmacies, and the one invented organisation that manages the networks and owns the plans.
WITH sites AS (
  SELECT facility_id AS id, CASE facility_type WHEN 'clinic' THEN 'prvgrp' ELSE 'fac' END AS type, NULL::VARCHAR AS ncpdp_id,
    npi, name, phone, address_line, city, state, zip_code
  FROM facilities
  UNION ALL
  SELECT pharmacy_id, 'fac', ncpdp_id, npi, name, phone, address_line, city, state, zip_code FROM pharmacies
)
SELECT
  NULL::VARCHAR AS subject,
  id,
  json_merge_patch(json_object(
    'resourceType', 'Organization',
    'id', id,
    'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-Organization')),
    'identifier', list_filter([
      json_object(
        'type', json_object('coding', json_array(
          json_object('system', 'http://terminology.hl7.org/CodeSystem/v2-0203', 'code', 'NPI'))),
        'system', 'http://hl7.org/fhir/sid/us-npi', 'value', npi),
      CASE WHEN ncpdp_id IS NOT NULL THEN json_object(
        'system', 'http://terminology.hl7.org/NamingSystem/NCPDPProviderIdentificationNumber', 'value', ncpdp_id) END
    ], lambda one: one IS NOT NULL),
    'active', true,
    'type', json_array(json_object('coding', json_array(json_object('system', '{base}/CodeSystem/OrgTypeCS', 'code', type)))),
    'name', name,
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work')),
    'address', json_array(json_object(
      'line', json_array(address_line), 'city', city, 'state', state, 'postalCode', zip_code, 'country', 'US'))
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM sites
UNION ALL
SELECT
  NULL,
  'network-manager',
  json_object(
    'resourceType', 'Organization',
    'id', 'network-manager',
    'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-Organization')),
    'active', true,
    'type', json_array(json_object('coding', json_array(
      json_object('system', '{base}/CodeSystem/OrgTypeCS', 'code', 'payer')))),
    'name', 'Example Network Management',
    'address', json_array(json_object('text', '100 Example Way; an invented organisation', 'country', 'US'))
  )::VARCHAR
