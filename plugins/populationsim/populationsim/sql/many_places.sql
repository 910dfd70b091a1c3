-- The health measures of many counties ($fips), crude.
SELECT fips, list(measure ORDER BY measure) AS measures, list(crude_pct ORDER BY measure) AS values
FROM places_measure
WHERE fips IN (SELECT unnest($fips::VARCHAR[])) AND crude_pct IS NOT NULL
GROUP BY fips
ORDER BY fips;
