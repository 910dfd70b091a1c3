-- The 95 % confidence limits of a county's measures ($fips).
SELECT measure, crude_low, crude_high FROM places_measure WHERE fips = $fips AND crude_low IS NOT NULL ORDER BY measure;
