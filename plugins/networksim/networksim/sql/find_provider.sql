-- Every provider as a search sees them; columns that a directory may lack are NULL.
WITH everyone AS (
  SELECT * FROM providers
  UNION ALL BY NAME
  SELECT NULL::VARCHAR AS address_line, NULL::VARCHAR AS city, NULL::VARCHAR AS state, NULL::VARCHAR AS zip_code,
    NULL::BOOLEAN AS accepting_patients, NULL::VARCHAR AS languages
  WHERE false
), joined AS (
  SELECT provider_id, network_participations.network_id, tier, accepts_new_patients
  FROM network_participations WHERE provider_id IS NOT NULL
), networks AS (
  SELECT provider_id, string_agg(network_id, ' ' ORDER BY network_id) AS networks, bool_or(accepts_new_patients) AS accepts,
    min(tier) FILTER (network_id = $network) AS tier
  FROM joined GROUP BY ALL
)
SELECT provider_id AS id, everyone.npi, given_name || ' ' || family_name || ', ' || credential AS name, everyone.specialty,
  facilities.name AS practice, coalesce(everyone.address_line, facilities.address_line) AS address_line,
  coalesce(everyone.city, facilities.city) AS city, coalesce(everyone.state, facilities.state) AS state,
  coalesce(everyone.zip_code, facilities.zip_code) AS zip_code, everyone.county_fips, everyone.phone,
  everyone.languages, coalesce(accepting_patients, accepts, true) AS accepting, tier, networks
FROM everyone
JOIN facilities USING (facility_id)
LEFT JOIN networks USING (provider_id)
