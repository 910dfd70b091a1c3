-- The social figures of a state ($state), or of the nation where $state is NULL, weighted by population.
SELECT
    sum(population)::BIGINT AS population,
    sum(household_count)::BIGINT AS household_count,
    round(sum(COLUMNS('^(pct|rpl)_.*') * population) / sum(population) FILTER (COLUMNS('^(pct|rpl)_.*') IS NOT NULL), 4)
        AS "\0"
FROM svi_county
WHERE $state IS NULL OR state = $state;
