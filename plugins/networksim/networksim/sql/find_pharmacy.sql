-- Every pharmacy as a search sees it.
WITH networks AS (
  SELECT pharmacy_id, string_agg(network_id, ' ' ORDER BY network_id) AS networks, bool_or(accepts_new_patients) AS accepts,
    min(tier) FILTER (network_id = $network) AS tier
  FROM network_participations WHERE pharmacy_id IS NOT NULL
  GROUP BY ALL
)
SELECT pharmacy_id AS id, npi, name, pharmacy_type AS specialty, address_line, city, state, zip_code, county_fips, phone,
  coalesce(accepts, true) AS accepting, tier, networks
FROM pharmacies
LEFT JOIN networks USING (pharmacy_id)
