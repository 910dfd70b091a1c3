-- The health measures of one census tract ($fips) with their limits, and its people.
SELECT measure, crude_pct, crude_low, crude_high, population
FROM places_tract_measure JOIN places_tract USING (fips)
WHERE fips = $fips AND crude_pct IS NOT NULL
ORDER BY measure;
