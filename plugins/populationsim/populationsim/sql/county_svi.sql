-- The social figures of one county.
SELECT * EXCLUDE (county_name, state, state_name) FROM svi_county WHERE fips = $fips;
