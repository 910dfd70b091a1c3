SELECT
  NULL::VARCHAR AS subject,
  'network-' || replace(network_id, '_', '-') AS id,
  json_object(
    'resourceType', 'Organization',
    'id', 'network-' || replace(network_id, '_', '-'),
    'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-Network')),
    'identifier', json_array(json_object('system', 'https://healthsim.example/network', 'value', network_id)),
    'active', true,
    'type', json_array(json_object('coding', json_array(
      json_object('system', '{base}/CodeSystem/OrgTypeCS', 'code', 'ntwk')))),
    'name', name,
    'partOf', json_object('reference', 'Organization/network-manager')
  )::VARCHAR AS content
FROM networks
