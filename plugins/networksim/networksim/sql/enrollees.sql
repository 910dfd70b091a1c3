-- How many of the people live in each ZIP; the condition keeps those of some plans.
SELECT county_fips, zip_code, count(*) AS people
FROM persons
WHERE county_fips IS NOT NULL AND zip_code IS NOT NULL {only}
GROUP BY ALL
ORDER BY county_fips, zip_code
