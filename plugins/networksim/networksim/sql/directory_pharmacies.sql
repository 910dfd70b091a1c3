-- A row for each pharmacy, and the networks it is in; new columns of the table come along.
SELECT pharmacies.*,
  (SELECT string_agg(DISTINCT network_id, ' ' ORDER BY network_id) FROM network_participations AS one
   WHERE one.pharmacy_id = pharmacies.pharmacy_id) AS networks
FROM pharmacies
ORDER BY length(pharmacy_id), pharmacy_id
