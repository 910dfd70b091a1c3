SELECT * FROM networks ORDER BY network_id
