SELECT DISTINCT m.bin
FROM rx_claims c
JOIN rx_members m USING (rx_member_id)
ORDER BY m.bin
