encounters.encounter_id, encounters.encounter_class, encounters.encounter_type, encounters.start_datetime,
  encounters.end_datetime, encounters.reason_code, encounters.provider_id AS visit_provider_id,
  encounters.facility_id AS visit_facility_id, encounters.admission_type_code, encounters.admission_source_code,
  encounters.discharge_disposition_code
