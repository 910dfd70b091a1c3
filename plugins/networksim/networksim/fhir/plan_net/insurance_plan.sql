-- The plans that use the networks; the type of product follows from the plan's code.
WITH offered AS (
  SELECT unnest(string_split(plans, ' ')) AS plan, network_id FROM networks WHERE plans IS NOT NULL
), plans AS (
  SELECT plan, 'plan-' || plan AS id,
    list(json_object('reference', 'Organization/network-' || replace(network_id, '_', '-')) ORDER BY network_id) AS networks,
    CASE
      WHEN plan LIKE 'Exchange%' THEN 'qhp'
      WHEN plan = 'MA-HMO' THEN 'mediadvhmo'
      WHEN plan LIKE 'MA-%' THEN 'mediadv'
      WHEN plan = 'Original' THEN 'mediab'
      WHEN plan = 'Medicaid-MCO' THEN 'medihmo'
      WHEN plan LIKE 'Medicaid%' THEN 'medi'
      WHEN plan = 'HDHP' THEN 'commhdhp'
      WHEN plan = 'EPO' THEN 'commepo'
      WHEN plan = 'HMO' THEN 'commhmo'
      WHEN plan = 'POS' THEN 'commpos'
      ELSE 'commppo' END AS product,
    CASE
      WHEN plan = 'HDHP' THEN 'highdeductible'
      WHEN plan LIKE 'Exchange-%' THEN lower(substr(plan, 10)) END AS type
  FROM offered
  GROUP BY plan
)
SELECT
  NULL::VARCHAR AS subject,
  id,
  json_merge_patch(
    json_object(
      'resourceType', 'InsurancePlan',
      'id', id,
      'meta', json_object('profile', json_array('{base}/StructureDefinition/plannet-InsurancePlan')),
      'identifier', json_array(json_object('system', 'https://healthsim.example/plan', 'value', plan)),
      'status', 'active',
      'type', json_array(json_object('coding', json_array(
        json_object('system', '{base}/CodeSystem/InsuranceProductTypeCS', 'code', product)))),
      'name', plan,
      'ownedBy', json_object('reference', 'Organization/network-manager'),
      'administeredBy', json_object('reference', 'Organization/network-manager'),
      'network', networks),
    CASE WHEN type IS NULL THEN '{}'::JSON ELSE json_object(
      'plan', json_array(json_object('type', json_object('coding', json_array(
        json_object('system', '{base}/CodeSystem/InsurancePlanTypeCS', 'code', type)))))) END
  )::VARCHAR AS content
FROM plans
