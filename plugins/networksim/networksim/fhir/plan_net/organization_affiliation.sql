-- A facility or pharmacy in a network.
WITH sites AS (
  SELECT facility_id AS id, taxonomy_code, phone,
    CASE
      WHEN facility_type LIKE '%hospital%' THEN 'hospital'
      WHEN facility_type LIKE 'lab%' THEN 'laboratory'
      WHEN facility_type IN ('home_health_agency', 'hha') THEN 'home'
      WHEN facility_type LIKE 'urgent%' THEN 'urgent'
      WHEN facility_type IN ('nursing_facility', 'snf') THEN 'nurseCustodial'
      WHEN facility_type = 'clinic' THEN 'group'
      ELSE 'outpatient' END AS role
  FROM facilities
  UNION ALL
  SELECT pharmacy_id, taxonomy_code, phone, 'pharmacy' FROM pharmacies
)
SELECT
  NULL::VARCHAR AS subject,
  participation_id AS id,
  json_merge_patch(
    json_object(
      'resourceType', 'OrganizationAffiliation',
      'id', participation_id,
      'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-OrganizationAffiliation')),
      'active', true,
      'organization', json_object('reference', 'Organization/network-manager'),
      'participatingOrganization', json_object('reference', 'Organization/' || sites.id),
      'network', json_array(json_object('reference', 'Organization/network-' || replace(network_id, '_', '-'))),
      'code', json_array(json_object('coding', json_array(
        json_object('system', '{base}/CodeSystem/OrganizationAffiliationRoleCS', 'code', role)))),
      'specialty', json_array(json_object('coding', json_array(
        json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)))),
      'location', json_array(json_object('reference', 'Location/' || sites.id)),
      'healthcareService', json_array(json_object('reference', 'HealthcareService/' || sites.id || '-service')),
      'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work'))),
    CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END
  )::VARCHAR AS content
FROM network_participations JOIN sites ON sites.id = coalesce(facility_id, pharmacy_id)
