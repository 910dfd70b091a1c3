-- A row for each provider, with where they practise and the networks they are in; new columns of the table come along.
SELECT providers.*, facilities.npi AS practice_npi, facilities.name AS practice_name, facilities.address_line AS practice_address,
  facilities.city AS practice_city, facilities.state AS practice_state, facilities.zip_code AS practice_zip_code,
  (SELECT string_agg(DISTINCT network_id, ' ' ORDER BY network_id) FROM network_participations AS one
   WHERE one.provider_id = providers.provider_id) AS networks
FROM providers JOIN facilities USING (facility_id)
ORDER BY length(provider_id), provider_id
