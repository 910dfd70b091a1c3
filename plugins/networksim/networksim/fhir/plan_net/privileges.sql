-- A role for each hospital that a provider may admit patients to.
SELECT
  NULL::VARCHAR AS subject,
  affiliation_id AS id,
  json_merge_patch(json_object(
    'resourceType', 'PractitionerRole',
    'id', affiliation_id,
    'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-PractitionerRole')),
    'active', true,
    'practitioner', json_object('reference', 'Practitioner/' || provider_id),
    'organization', json_object('reference', 'Organization/' || provider_affiliations.facility_id),
    'code', json_array(json_object('coding', json_array(
      json_object('system', '{base}/CodeSystem/ProviderRoleCS', 'code', 'ap')))),
    'specialty', json_array(json_object(
      'coding', json_array(json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)),
      'text', replace(specialty, '_', ' '))),
    'location', json_array(json_object('reference', 'Location/' || provider_affiliations.facility_id)),
    'healthcareService', json_array(json_object('reference', 'HealthcareService/' || provider_affiliations.facility_id || '-service')),
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work'))
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM provider_affiliations JOIN providers USING (provider_id)
WHERE role = 'admitting'
