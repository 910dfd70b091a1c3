-- The health measures of one county, crude.
SELECT measure, crude_pct FROM places_measure WHERE fips = $fips AND crude_pct IS NOT NULL ORDER BY measure;
