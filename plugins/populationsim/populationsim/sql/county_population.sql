-- The Census Bureau's latest estimate of a county's people ($fips), and births and deaths of the twelve months before.
WITH latest AS (
    SELECT population::DOUBLE AS population_estimate, births::DOUBLE AS births, deaths::DOUBLE AS deaths
    FROM county_population
    WHERE fips = $fips
    ORDER BY year DESC
    LIMIT 1
)
SELECT name, value, NULL::DOUBLE AS low, NULL::DOUBLE AS high, 'Census Bureau population estimates' AS source
FROM (UNPIVOT latest ON COLUMNS(*) INTO NAME name VALUE value);
