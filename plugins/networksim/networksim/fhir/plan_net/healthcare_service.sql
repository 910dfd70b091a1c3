-- What each place offers: one service of one category.
SELECT
  NULL::VARCHAR AS subject,
  id || '-service' AS id,
  json_merge_patch(json_object(
    'resourceType', 'HealthcareService',
    'id', id || '-service',
    'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-HealthcareService')),
    'extension', json_array(json_object(
      'url', '{base}/StructureDefinition/delivery-method',
      'extension', json_array(json_object(
        'url', 'type',
        'valueCodeableConcept', json_object('coding', json_array(
          json_object('system', '{base}/CodeSystem/DeliveryMethodCS', 'code', 'physical'))))))),
    'active', true,
    'providedBy', json_object('reference', 'Organization/' || id),
    'category', json_array(json_object('coding', json_array(
      json_object('system', '{base}/CodeSystem/HealthcareServiceCategoryCS', 'code', category)))),
    'specialty', json_array(json_object('coding', json_array(
      json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)))),
    'location', json_array(json_object('reference', 'Location/' || id)),
    'name', name,
    'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work'))
  ),
  CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END)::VARCHAR AS content
FROM (
  SELECT facility_id AS id, taxonomy_code, name, phone,
    CASE
      WHEN facility_type LIKE '%hospital%' THEN 'hosp'
      WHEN facility_type LIKE 'lab%' THEN 'lab'
      WHEN facility_type IN ('home_health_agency', 'hha') THEN 'home'
      WHEN facility_type LIKE 'urgent%' THEN 'urg'
      WHEN facility_type IN ('nursing_facility', 'snf') THEN 'other'
      ELSE 'outpat' END AS category
  FROM facilities
  UNION ALL
  SELECT pharmacy_id, taxonomy_code, name, phone, 'pharm' FROM pharmacies
)
