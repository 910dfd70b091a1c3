SELECT
    movement_id, movements.patient_id, encounter_id, movement_type, movement_datetime,
    -- What happens at the same minute is told in the order it must have happened: a visit ends before the stay begins.
    start_datetime AS began,
    list_position(['register', 'admit', 'update', 'transfer', 'discharge'], movement_type) AS step
  FROM movements
  LEFT JOIN encounters USING (encounter_id)
