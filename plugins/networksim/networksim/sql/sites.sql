-- Who and what there is in each ZIP, by specialty or type: providers, facilities, and beds.
SELECT 'provider' AS kind, providers.specialty AS word, {zip} AS zip_code, count(*) AS places
FROM providers JOIN facilities USING (facility_id)
WHERE {inside_provider}
GROUP BY ALL
UNION ALL
SELECT 'facility', facility_type, zip_code, count(*) FROM facilities WHERE {inside_facility} GROUP BY ALL
UNION ALL
SELECT 'bed', facility_type, zip_code, sum(bed_count)::BIGINT
FROM facilities
WHERE bed_count > 0 AND {inside_facility}
GROUP BY ALL
ORDER BY ALL
