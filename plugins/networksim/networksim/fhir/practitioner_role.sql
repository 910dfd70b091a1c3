SELECT
  NULL::VARCHAR AS subject,
  provider_id || '-role' AS id,
  json_merge_patch(json_object(
    'resourceType', 'PractitionerRole',
    'id', provider_id || '-role',
    'meta', json_object('profile', json_array('http://hl7.org/fhir/us/core/StructureDefinition/us-core-practitionerrole')),
    'active', true,
    'practitioner', json_object('reference', 'Practitioner/' || provider_id),
    'organization', json_object('reference', 'Organization/' || facility_id),
    'specialty', json_array(json_object(
      'coding', json_array(json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)),
      'text', replace(specialty, '_', ' '))),
    'location', json_array(json_object('reference', 'Location/' || facility_id)),
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work'))
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM providers
