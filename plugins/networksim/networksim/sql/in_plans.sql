  AND person_id IN (
    SELECT members.person_id
    FROM members JOIN coverages USING (member_id)
    WHERE list_contains($plans, coverages.plan_code)
      AND coverages.start_date <= $as_of AND (coverages.end_date IS NULL OR coverages.end_date >= $as_of))
