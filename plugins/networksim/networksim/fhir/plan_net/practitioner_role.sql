-- A role for each network a provider is in, for a role may name one network only; who is in none has one role without.
WITH roles AS (
  SELECT coalesce(participation_id, providers.provider_id || '-role') AS id, providers.*, network_id, accepts_new_patients,
    'Organization/network-' || replace(network_id, '_', '-') AS network
  FROM providers
  LEFT JOIN (SELECT * FROM network_participations WHERE provider_id IS NOT NULL) USING (provider_id)
)
SELECT
  NULL::VARCHAR AS subject,
  id,
  json_merge_patch(
    json_object(
      'resourceType', 'PractitionerRole',
      'id', id,
      'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-PractitionerRole')),
      'active', true,
      'practitioner', json_object('reference', 'Practitioner/' || provider_id),
      'organization', json_object('reference', 'Organization/' || facility_id),
      'code', json_array(json_object('coding', json_array(json_object(
        'system', '{base}/CodeSystem/ProviderRoleCS',
        'code', CASE
          WHEN credential IN ('DPT', 'PT') THEN 'pt'
          WHEN credential IN ('NP', 'APRN', 'CRNP') THEN 'crnp'
          WHEN credential LIKE 'PA%' THEN 'pa'
          WHEN credential = 'CNM' THEN 'cnw'
          WHEN credential = 'DC' THEN 'ch'
          WHEN credential = 'DPM' THEN 'po'
          WHEN credential IN ('PhD', 'PsyD') THEN 'py'
          WHEN credential IN ('LCSW', 'MSW') THEN 'sw'
          WHEN credential IN ('MD', 'DO') THEN 'ph'
          ELSE 'os' END)))),
      'specialty', json_array(json_object(
        'coding', json_array(json_object('system', 'http://nucc.org/provider-taxonomy', 'code', taxonomy_code)),
        'text', replace(specialty, '_', ' '))),
      'location', json_array(json_object('reference', 'Location/' || facility_id)),
      'healthcareService', json_array(json_object('reference', 'HealthcareService/' || facility_id || '-service')),
      'telecom', json_array(json_object('system', 'phone', 'value', phone, 'use', 'work'))),
    CASE WHEN network_id IS NULL THEN '{}'::JSON ELSE json_object(
      'extension', json_array(
        json_object(
          'url', '{base}/StructureDefinition/newpatients',
          'extension', json_array(
            json_object(
              'url', 'acceptingPatients',
              'valueCodeableConcept', json_object('coding', json_array(json_object(
                'system', '{base}/CodeSystem/AcceptingPatientsCS',
                'code', CASE WHEN accepts_new_patients THEN 'newpt' ELSE 'nopt' END)))),
            json_object('url', 'fromNetwork', 'valueReference', json_object('reference', network)))),
        json_object(
          'url', '{base}/StructureDefinition/network-reference',
          'valueReference', json_object('reference', network)))) END,
    CASE WHEN phone IS NULL THEN '{"telecom":null}'::JSON ELSE '{}'::JSON END
  )::VARCHAR AS content
FROM roles
