-- The social figures of one census tract ($fips).
SELECT * EXCLUDE (county_name, state, state_name) FROM svi_tract WHERE fips = $fips;
