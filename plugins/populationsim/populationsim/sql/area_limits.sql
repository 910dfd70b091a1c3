-- The mean of the counties' 95 % confidence limits, weighted by population, of a state ($state) or, for NULL, the nation.
SELECT
    measure,
    round(sum(crude_low * population) / sum(population), 4) AS low,
    round(sum(crude_high * population) / sum(population), 4) AS high
FROM places_measure JOIN places_county USING (fips)
WHERE ($state IS NULL OR state = $state) AND crude_low IS NOT NULL
GROUP BY measure
ORDER BY measure;
