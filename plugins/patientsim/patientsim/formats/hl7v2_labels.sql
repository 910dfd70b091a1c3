SELECT code, min(description) AS description FROM diagnoses GROUP BY code
