-- Every facility, or pharmacy, as a search sees it.
WITH networks AS (
  SELECT {kind}_id, string_agg(network_id, ' ' ORDER BY network_id) AS networks, bool_or(accepts_new_patients) AS accepts,
    min(tier) FILTER (network_id = $network) AS tier
  FROM network_participations WHERE {kind}_id IS NOT NULL
  GROUP BY ALL
)
SELECT {kind}_id AS id, npi, name, {kind}_type AS specialty, address_line, city, state, zip_code, county_fips, phone,
  coalesce(accepts, true) AS accepting, tier, networks
FROM {table}
LEFT JOIN networks USING ({kind}_id)
