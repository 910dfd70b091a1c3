"""The tables of PatientSim: one attrs class each, the schema's only home."""

from __future__ import annotations

from datetime import date, datetime

from attrs import frozen

from healthsim_core.tables import column, key, refers, table_from

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
CVX = "http://hl7.org/fhir/sid/cvx"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@frozen
class Patient:
    """A person as a provider's record knows them."""

    patient_id: str = key("PT", "The patient's key.")
    person_id: str = refers("persons.person_id", "P", "The person this patient is.")
    mrn: str = column("Medical record number.", decode="'MRN' || {mrn}")
    given_name: str = column("First name.")
    family_name: str = column("Last name.")
    birth_date: date | None = column("Date of birth.")
    gender: str = column("Administrative sex, M or F.", system="HL7 administrative sex")
    race: str | None = column("OMB race category.", system="CDC race and ethnicity")
    ethnicity: str | None = column("OMB ethnicity category.", system="CDC race and ethnicity")
    provider_id: str | None = refers("providers.provider_id", "PR", "The primary care provider.")


@frozen
class Encounter:
    """A visit or stay."""

    encounter_id: str = key("E", "The encounter's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Who was seen.")
    encounter_class: str = column(
        "AMB, EMER, IMP, VR or HH.", system="http://terminology.hl7.org/CodeSystem/v3-ActCode"
    )
    encounter_type: str = column("office, telehealth, ed, inpatient, preventive, home.")
    status: str = column("finished.", system="http://hl7.org/fhir/encounter-status")
    start_datetime: datetime = column("Start, local time.")
    end_datetime: datetime = column("End, local time.")
    reason_code: str | None = column("The main reason, a billable ICD-10-CM code.", system=ICD10)
    provider_id: str | None = refers("providers.provider_id", "PR", "Who saw the patient.")
    facility_id: str | None = refers("facilities.facility_id", "F", "Where.")
    discharge_disposition_code: str | None = column(
        "How a stay or an emergency visit ended.", system="NUBC patient discharge status"
    )
    admission_type_code: str | None = column(
        "Priority of a stay: 1 emergency, 2 urgent, 3 elective.", system="NUBC priority of admission"
    )
    admission_source_code: str | None = column(
        "Where a stay's patient came from, e.g. 1 home.", system="NUBC point of origin"
    )


@frozen
class Diagnosis:
    """A diagnosis: on the problem list, or one that an encounter was about."""

    diagnosis_id: str = key("D", "The diagnosis' key.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was made or treated in.")
    category: str = column(
        "problem-list-item or encounter-diagnosis.",
        system="http://terminology.hl7.org/CodeSystem/condition-category",
    )
    code: str = column("A billable ICD-10-CM code.", system=ICD10)
    description: str = column("The code in plain words.")
    rank: int = column("1 for the principal diagnosis of its encounter; 1 on the problem list.")
    clinical_status: str = column(
        "active or resolved.", system="http://terminology.hl7.org/CodeSystem/condition-clinical"
    )
    onset_date: date = column("When it began.")
    abatement_date: date | None = column("When it was over; none of what stays.")
    recorded_date: date = column("When it was written down.")


@frozen
class LabOrder:
    """A laboratory test that was ordered."""

    lab_order_id: str = key("LO", "The order's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was ordered in.")
    code: str = column("The test, a LOINC code.", system=LOINC)
    description: str = column("The test in plain words.")
    status: str = column("completed or active.", system="http://hl7.org/fhir/request-status")
    ordered_datetime: datetime = column("When it was ordered.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who ordered it.")
    facility_id: str | None = refers("facilities.facility_id", "F", "The laboratory that tests, or the hospital.")


@frozen
class Observation:
    """A measured value or a finding: a laboratory result, a vital sign, a score, whether somebody smokes."""

    observation_id: str = key("O", "The observation's key.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it belongs to.")
    lab_order_id: str | None = refers("lab_orders.lab_order_id", "LO", "The order it answers.")
    category: str = column(
        "laboratory, vital-signs, survey, exam, imaging or social-history.",
        system="http://terminology.hl7.org/CodeSystem/observation-category",
    )
    code: str = column("What was measured, a LOINC code.", system=LOINC)
    description: str = column("What was measured, in plain words.")
    value: float | None = column("The value, in `unit`; none where it is a finding.", decimals=2)
    unit: str | None = column("The unit, in UCUM.", system="http://unitsofmeasure.org")
    reference_low: float | None = column("Lower end of the reference range.", decimals=2)
    reference_high: float | None = column("Upper end of the reference range.", decimals=2)
    interpretation_code: str | None = column(
        "H, L or N.", system="http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    )
    effective_datetime: datetime = column("When the specimen was taken or the sign measured.")
    issued_datetime: datetime = column("When the result was available.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who ordered or measured it.")
    value_code: str | None = column("A finding, as a LOINC answer.", system=LOINC)
    value_text: str | None = column("A finding in plain words.")


@frozen
class MedicationOrder:
    """A medication that was prescribed."""

    medication_order_id: str = key("MO", "The order's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was written in.")
    code: str = column("The drug, an RxNorm code (RxCUI).", system=RXNORM)
    description: str = column("Drug, strength and form.")
    dosage: str = column("How to take it, in words.")
    quantity: float = column("How much is dispensed at a time.", decimals=2)
    days_supply: int = column("For how many days that lasts.", unit="d")
    refill_count: int = column("How often it may be refilled.")
    reason_code: str | None = column("Why, a billable ICD-10-CM code.", system=ICD10)
    status: str = column(
        "active, completed or stopped.", system="http://hl7.org/fhir/CodeSystem/medicationrequest-status"
    )
    ordered_datetime: datetime = column("When it was written.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who prescribed it.")


@frozen
class Procedure:
    """Something done to the patient."""

    procedure_id: str = key("PC", "The procedure's key.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was done in.")
    code: str = column("What was done.")
    system: str = column("CPT, HCPCS or ICD-10-PCS.")
    description: str = column("What was done, in our own plain words.")
    performed_datetime: datetime = column("When.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who did it.")


@frozen
class Movement:
    """One movement of a patient that an ADT message tells of."""

    movement_id: str = key("MV", "The movement's key.")
    patient_id: str = refers("patients.patient_id", "PT", "Who moved.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "During which encounter.")
    movement_type: str = column("register, admit, transfer, discharge or update.")
    movement_datetime: datetime = column("When.")
    unit: str | None = column("Where in the facility: ED, MEDSURG, ICU, STEPDOWN, OB, CLINIC.")
    room: str | None = column("Room and bed, e.g. 214-A.")
    facility_id: str | None = refers("facilities.facility_id", "F", "Where.")
    provider_id: str | None = refers("providers.provider_id", "PR", "The attending.")


@frozen
class Immunization:
    """A vaccine that was given."""

    immunization_id: str = key("IM", "The immunization's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Who got it.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was given in.")
    code: str = column("The vaccine.", system=CVX)
    description: str = column("The vaccine in plain words.")
    status: str = column("completed.", system="http://hl7.org/fhir/event-status")
    dose_number: int = column("Which dose of its series, from 1.")
    lot_number: str = column("The lot; invented.")
    site_code: str | None = column("LA, RA, LT or RT: left or right arm or thigh.", system="HL7 body site")
    occurrence_datetime: datetime = column("When.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who gave it.")


@frozen
class Allergy:
    """An allergy or intolerance."""

    allergy_id: str = key("AG", "The allergy's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was recorded in.")
    category: str = column(
        "medication, food or environment.", system="http://hl7.org/fhir/allergy-intolerance-category"
    )
    code: str | None = column("A medication's RxCUI (ingredient); none for others.", system=RXNORM)
    description: str = column("To what, in plain words.")
    reaction: str = column("What happens, in plain words.")
    criticality: str = column("low or high.", system="http://hl7.org/fhir/allergy-intolerance-criticality")
    clinical_status: str = column("active.", system="http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical")
    recorded_date: date = column("When it was written down.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who wrote it down.")


@frozen
class CarePlan:
    """A plan of care as it was made or updated."""

    care_plan_id: str = key("CP", "The plan's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was made in.")
    title: str = column("What it is about, in plain words.")
    activity: str = column("What is to be done, in plain words.")
    reason_code: str | None = column("Why, a billable ICD-10-CM code.", system=ICD10)
    care_gap_id: str | None = refers("care_gaps.care_gap_id", "G", "The care gap that brought it about.")
    status: str = column("active or completed.", system="http://hl7.org/fhir/request-status")
    start_date: date = column("From when.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who leads it.")


@frozen
class Referral:
    """A referral to another specialty."""

    referral_id: str = key("RF", "The referral's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Whose.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was made in.")
    specialty: str = column("To which specialty, e.g. cardiology.")
    reason_code: str | None = column("Why, a billable ICD-10-CM code.", system=ICD10)
    status: str = column("active or completed.", system="http://hl7.org/fhir/request-status")
    priority: str = column("routine or urgent.", system="http://hl7.org/fhir/request-priority")
    ordered_datetime: datetime = column("When.")
    provider_id: str | None = refers("providers.provider_id", "PR", "Who refers.")
    referred_to_id: str | None = refers("providers.provider_id", "PR", "To whom.")


@frozen
class TrialEligibility:
    """A patient found to meet a study's criteria."""

    trial_eligibility_id: str = key("TE", "The finding's key: that of the event.")
    patient_id: str = refers("patients.patient_id", "PT", "Who.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it was found in.")
    study_id: str | None = column("Which study.", references="studies.study_id")
    found_date: date = column("When.")
    provider_id: str | None = refers("providers.provider_id", "PR", "By whom.")


TABLES = (
    table_from(Patient, "patients"),
    table_from(Encounter, "encounters"),
    table_from(Diagnosis, "diagnoses"),
    table_from(LabOrder, "lab_orders"),
    table_from(Observation, "observations"),
    table_from(MedicationOrder, "medication_orders"),
    table_from(Procedure, "procedures"),
    table_from(Movement, "movements"),
    table_from(Immunization, "immunizations"),
    table_from(Allergy, "allergies"),
    table_from(CarePlan, "care_plans"),
    table_from(Referral, "referrals"),
    table_from(TrialEligibility, "trial_eligibilities"),
)
