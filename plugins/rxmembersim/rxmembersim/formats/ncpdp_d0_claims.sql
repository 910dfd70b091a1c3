-- A processor's transactions in the order they were sent. What was dispensed is the fill's, where there is one, else what the
-- prescription asks for; a fill that repeats a drug too soon is answered with the fill before it.
WITH cardholders AS (
  SELECT cardholder_id, min(given_name) AS given_name, min(family_name) AS family_name
  FROM rx_members
  WHERE relationship_code = '1'
  GROUP BY cardholder_id
),
fill_days AS (
  SELECT f.rx_member_id, d.rxnorm_code, f.fill_date, f.quantity, f.pharmacy_id, d.prescriber_id
  FROM {fills} f
  JOIN prescriptions d ON d.prescription_id = f.prescription_id
  WHERE f.status <> 'reversed'
  QUALIFY row_number() OVER (PARTITION BY f.rx_member_id, d.rxnorm_code, f.fill_date ORDER BY f.fill_id) = 1
),
claims AS (
  SELECT c.*, p.rxnorm_code
  FROM rx_claims c
  JOIN prescriptions p ON p.prescription_id = c.prescription_id
)
SELECT
  c.rx_claim_id, c.transaction_code, c.response_status, c.reject_code, c.authorization_number, c.service_date, c.fill_number,
  c.fill_id, f.fill_id IS NOT NULL AS filled,
  m.bin, m.pcn, m.group_id, m.plan_code, m.benefit_type,
  -- A parent who is no member has the child's number with an S, as in the 834.
  coalesce(m.cardholder_id, m.rx_member_id || 'S') AS cardholder_id, m.person_code, m.relationship_code,
  h.given_name AS cardholder_given_name, h.family_name AS cardholder_family_name,
  m.given_name, m.family_name, m.birth_date, m.gender,
  a.address_line, a.city, a.state, a.zip_code, a.phone,
  p.prescription_number, coalesce(f.ndc_code, p.ndc_code) AS ndc_code, coalesce(f.quantity, p.quantity) AS quantity,
  coalesce(f.days_supply, p.days_supply) AS days_supply, p.quantity AS quantity_prescribed, p.refill_count, p.daw_code,
  p.written_date, p.reason_code, p.medication_order_id IS NOT NULL AS ordered,
  d.unit, d.dea_schedule, CAST(round(d.unit_cost_amount * p.quantity::DECIMAL(18, 3), 2) * 100 AS BIGINT) AS cost,
  r.npi AS prescriber_npi, r.given_name AS prescriber_given_name, r.family_name AS prescriber_family_name, r.phone AS prescriber_phone,
  s.npi AS pharmacy_npi, s.pharmacy_type,
  CAST(f.ingredient_cost_amount * 100 AS BIGINT) AS ingredient_cost,
  CAST(f.dispensing_fee_amount * 100 AS BIGINT) AS dispensing_fee,
  CAST(f.deductible_amount * 100 AS BIGINT) AS deductible,
  CAST(f.copay_amount * 100 AS BIGINT) AS copay,
  CAST(f.patient_pay_amount * 100 AS BIGINT) AS patient_pay,
  CAST(f.plan_paid_amount * 100 AS BIGINT) AS plan_paid,
  f.benefit_phase,
  b.fill_date AS before_date, b.quantity AS before_quantity, b.pharmacy_id IS NOT DISTINCT FROM p.pharmacy_id AS before_same_pharmacy,
  b.prescriber_id IS NOT DISTINCT FROM p.prescriber_id AS before_same_prescriber
FROM claims c
JOIN rx_members m ON m.rx_member_id = c.rx_member_id
JOIN prescriptions p ON p.prescription_id = c.prescription_id
LEFT JOIN cardholders h ON h.cardholder_id = m.cardholder_id
LEFT JOIN {persons} a ON a.person_id = m.person_id
LEFT JOIN {fills} f ON f.fill_id = c.fill_id
LEFT JOIN {drugs} d ON d.ndc_code = coalesce(f.ndc_code, p.ndc_code)
LEFT JOIN {providers} r ON r.provider_id = p.prescriber_id
LEFT JOIN {pharmacies} s ON s.pharmacy_id = coalesce(f.pharmacy_id, p.pharmacy_id)
ASOF LEFT JOIN fill_days b
  ON b.rx_member_id = c.rx_member_id AND b.rxnorm_code = c.rxnorm_code AND b.fill_date < c.service_date
WHERE m.bin = ?
-- Of one day's, a rejection comes before the billing that was paid after it, a billing before its reversal.
ORDER BY c.transaction_date, c.transaction_code, c.response_status DESC, c.rx_claim_id
