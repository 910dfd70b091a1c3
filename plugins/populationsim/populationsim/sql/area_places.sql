-- The health measures of a state ($state), or of the nation where $state is NULL, weighted by population.
SELECT measure, round(sum(crude_pct * population) / sum(population), 4) AS crude_pct
FROM places_measure JOIN places_county USING (fips)
WHERE ($state IS NULL OR state = $state) AND crude_pct IS NOT NULL
GROUP BY measure
ORDER BY measure;
