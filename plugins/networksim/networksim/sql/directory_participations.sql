-- A row for each participation with the NPI of whoever takes part, so that the file stands alone.
SELECT network_participations.*, networks.name AS network_name, coalesce(providers.npi, facilities.npi, pharmacies.npi) AS npi
FROM network_participations
JOIN networks USING (network_id)
LEFT JOIN providers USING (provider_id)
LEFT JOIN facilities ON facilities.facility_id = network_participations.facility_id
LEFT JOIN pharmacies USING (pharmacy_id)
ORDER BY length(participation_id), participation_id
