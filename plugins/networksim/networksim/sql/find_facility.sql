-- Every facility as a search sees it.
WITH networks AS (
  SELECT facility_id, string_agg(network_id, ' ' ORDER BY network_id) AS networks, bool_or(accepts_new_patients) AS accepts,
    min(tier) FILTER (network_id = $network) AS tier
  FROM network_participations WHERE facility_id IS NOT NULL
  GROUP BY ALL
)
SELECT facility_id AS id, npi, name, facility_type AS specialty, address_line, city, state, zip_code, county_fips, phone,
  coalesce(accepts, true) AS accepting, tier, networks
FROM facilities
LEFT JOIN networks USING (facility_id)
