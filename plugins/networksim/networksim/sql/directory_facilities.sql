-- A row for each facility, and the networks it is in; new columns of the table come along.
SELECT facilities.*,
  (SELECT string_agg(DISTINCT network_id, ' ' ORDER BY network_id) FROM network_participations AS one
   WHERE one.facility_id = facilities.facility_id) AS networks
FROM facilities
ORDER BY length(facility_id), facility_id
