SELECT payer_id, min(payer_name) AS payer_name FROM coverages GROUP BY payer_id ORDER BY payer_id
