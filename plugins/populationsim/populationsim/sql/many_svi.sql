-- The social figures of many counties ($fips).
SELECT * EXCLUDE (county_name, state, state_name) FROM svi_county WHERE fips IN (SELECT unnest($fips::VARCHAR[]));
