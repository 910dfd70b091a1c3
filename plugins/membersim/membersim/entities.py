"""The tables of MemberSim: one attrs class each, the schema's only home."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from attrs import frozen

from healthsim_core.tables import column, key, refers, table_from

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"


@frozen
class Member:
    """A person as a payer knows them."""

    member_id: str = key("M", "The member's key, printed on the card.")
    person_id: str = refers("persons.person_id", "P", "The person this member is.")
    subscriber_id: str | None = refers(
        "members.member_id",
        "M",
        "Whose policy it is, a subscriber's own key; none of a child who was drawn without the parent that insures it.",
    )
    relationship_code: str = column("18 self, 01 spouse, 19 child.", system="X12 1069")
    given_name: str = column("First name.")
    family_name: str = column("Last name.")
    birth_date: date | None = column("Date of birth.")
    gender: str = column("Administrative sex, M or F.", system="X12 1068")
    subscriber_given_name: str | None = column("First name of a subscriber who is no member here; none of others.")
    subscriber_family_name: str | None = column("Last name of such a subscriber.")
    subscriber_birth_date: date | None = column("Date of birth of such a subscriber.")
    subscriber_gender: str | None = column("Administrative sex of such a subscriber, M or F.", system="X12 1068")
    provider_id: str | None = refers("providers.provider_id", "PR", "The primary care provider.")


@frozen
class Coverage:
    """A member's enrolment in a plan; in Original Medicare a second one at the same time is of the drug plan."""

    coverage_id: str = key("CV", "The coverage's key.")
    member_id: str = refers("members.member_id", "M", "Who is covered.")
    payer_id: str = column("The payer's identifier in claims.")
    payer_name: str = column("The payer's name; invented.")
    plan_code: str = column("The plan, e.g. MA-HMO, PPO.")
    plan_name: str = column("The plan in words.")
    coverage_type: str = column("Commercial, Medicare, Medicaid, Exchange.")
    contract_code: str | None = column(
        "Medicare Advantage's or the Part D plan's contract with Medicare; invented, so it begins with Z."
    )
    group_number: str | None = column("The employer's or programme's group.")
    coverage_level: str = column("EMP, ESP, ECH or FAM.", system="X12 1207")
    start_date: date = column("First day of coverage.")
    end_date: date | None = column("Last day of coverage; none while it goes on.")
    premium_amount: Decimal = column(
        "Monthly premium of the whole policy; of Medicare and Medicaid everybody's own.", unit="USD"
    )
    deductible_amount: Decimal = column("Individual deductible of the year.", unit="USD")
    out_of_pocket_max_amount: Decimal | None = column(
        "Individual out-of-pocket maximum of the year, for medical and pharmacy claims together in commercial and exchange plans; "
        "none where the plan has none.",
        unit="USD",
        decode="CASE WHEN {out_of_pocket_max_amount} >= 0 THEN CAST({out_of_pocket_max_amount} / 100.0 AS DECIMAL(12, 2)) END",
    )
    family_deductible_amount: Decimal | None = column(
        "The family's deductible of the year, after which nobody's own applies; none for people covered alone.",
        unit="USD",
        decode="CASE WHEN {family_deductible_amount} >= 0 THEN CAST({family_deductible_amount} / 100.0 AS DECIMAL(12, 2)) END",
    )
    family_out_of_pocket_max_amount: Decimal | None = column(
        "The family's out-of-pocket maximum of the year; none for people covered alone.",
        unit="USD",
        decode="CASE WHEN {family_out_of_pocket_max_amount} >= 0 THEN CAST({family_out_of_pocket_max_amount} / 100.0 AS DECIMAL(12, 2)) END",
    )


@frozen
class Claim:
    """An adjudicated claim; allowed = paid + member, member = deductible + copay + coinsurance."""

    claim_id: str = key("C", "The claim's key: that of the event; the patient control number.")
    member_id: str = refers("members.member_id", "M", "Whose.")
    coverage_id: str = refers("coverages.coverage_id", "CV", "Under which coverage.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it bills.")
    claim_type: str = column("professional, institutional or pharmacy.")
    billing_role: str | None = column(
        "Who bills: practice, emergency (physician of the department), attending, operating, anesthesia, laboratory, imaging, "
        "facility (the hospital) or pharmacy."
    )
    network_status: str | None = column(
        "Whether who rendered or dispensed it, or the hospital, is in the plan's network: in or out; none without a directory."
    )
    place_of_service_code: str | None = column("Where, on professional claims.", system="CMS place of service")
    billing_facility_id: str | None = refers("facilities.facility_id", "F", "The organisation that bills.")
    rendering_provider_id: str | None = refers("providers.provider_id", "PR", "Who rendered the service.")
    referring_provider_id: str | None = refers(
        "providers.provider_id", "PR", "Who ordered tests, films, anesthesia, on professional claims."
    )
    facility_id: str | None = refers("facilities.facility_id", "F", "Where the service was rendered.")
    pharmacy_id: str | None = refers("pharmacies.pharmacy_id", "PH", "Who dispensed, and bills, on pharmacy claims.")
    fill_id: str | None = refers("fills.fill_id", "FL", "The fill a pharmacy claim bills.")
    prescriber_id: str | None = refers("providers.provider_id", "PR", "Who prescribed, on pharmacy claims.")
    medication_order_id: str | None = refers(
        "medication_orders.medication_order_id", "MO", "The order a pharmacy claim bills."
    )
    bill_type_code: str | None = column(
        "Facility type and care of an institutional claim, e.g. 11 hospital inpatient, 13 hospital outpatient.",
        system="NUBC type of bill",
    )
    drg_code: str | None = column("The diagnosis-related group of an inpatient claim.", system="MS-DRG")
    admission_datetime: datetime | None = column("When a stay began; the ED visit's start on outpatient claims.")
    admission_type_code: str | None = column(
        "1 emergency, 2 urgent, 3 elective, 4 newborn.", system="NUBC priority of admission"
    )
    admission_source_code: str | None = column(
        "Where the patient came from, e.g. 1 home.", system="NUBC point of origin"
    )
    discharge_status_code: str | None = column(
        "How a stay ended, e.g. 01 home.", system="NUBC patient discharge status"
    )
    frequency_code: str = column("1 original, 7 replacement, 8 void.", system="NUBC claim frequency")
    service_date: date = column("First day of service.")
    service_end_date: date = column("Last day of service.")
    submitted_date: date = column("When the payer received it.")
    adjudicated_date: date = column("When the payer decided it.")
    status: str = column("paid or denied.")
    charge_amount: Decimal = column("What was billed.", unit="USD")
    allowed_amount: Decimal = column("What the contract allows.", unit="USD")
    paid_amount: Decimal = column("What the payer pays.", unit="USD")
    member_amount: Decimal = column("What the member owes.", unit="USD")
    deductible_amount: Decimal = column("The deductible's part of it.", unit="USD")
    copay_amount: Decimal = column("The copay's part of it.", unit="USD")
    coinsurance_amount: Decimal = column("The coinsurance's part of it.", unit="USD")


@frozen
class ClaimLine:
    """One service line of a claim; the lines' amounts add up to the claim's."""

    claim_id: str = refers("claims.claim_id", "C", "The claim.")
    line_number: int = column("From 1.")
    procedure_code: str | None = column("CPT or HCPCS; none where a revenue code or an NDC says it all.")
    revenue_code: str | None = column("Four digits, on institutional claims.", system="NUBC revenue code")
    ndc_code: str | None = column(
        "Eleven-digit NDC, on pharmacy claims.", system="http://hl7.org/fhir/sid/ndc", references="drugs.ndc_code"
    )
    modifier_code: str | None = column("A modifier.")
    service_date: date = column("Day of service.")
    unit_count: int = column(
        "Units; days for room and board, minutes of anesthesia, billing units of a drug rounded up."
    )
    diagnosis_pointers: str = column("Ranks of the claim's diagnoses, e.g. 1:2.")
    charge_amount: Decimal = column("What was billed.", unit="USD")
    allowed_amount: Decimal = column("What the contract allows.", unit="USD")
    paid_amount: Decimal = column("What the payer pays.", unit="USD")
    member_amount: Decimal = column("What the member owes.", unit="USD")


@frozen
class ClaimDiagnosis:
    """One diagnosis of a claim."""

    claim_id: str = refers("claims.claim_id", "C", "The claim.")
    rank: int = column("1 for the principal diagnosis.")
    code: str = column("A billable ICD-10-CM code.", system=ICD10)
    present_on_admission_code: str | None = column(
        "Y, N, U, W or 1 (exempt), on inpatient claims.", system="CMS POA indicator"
    )


@frozen
class ClaimProcedure:
    """One ICD-10-PCS procedure of an inpatient claim."""

    claim_id: str = refers("claims.claim_id", "C", "The claim.")
    rank: int = column("1 for the principal procedure.")
    code: str = column("An ICD-10-PCS code.", system="http://www.cms.gov/Medicare/Coding/ICD10")
    procedure_date: date = column("When.")


@frozen
class ClaimAdjustment:
    """Why a line was not paid as charged; charge less adjustments is what the payer pays, line by line."""

    claim_id: str = refers("claims.claim_id", "C", "The claim.")
    line_number: int = column("The line.")
    group_code: str = column("CO contractual, PR patient responsibility, OA other.", system="X12 1033")
    reason_code: str = column("A claim adjustment reason code, e.g. 45, 1, 2, 3.", system="X12 CARC")
    remark_code: str | None = column("A remittance advice remark code.", system="X12 RARC")
    amount: Decimal = column("How much.", unit="USD")


@frozen
class Remittance:
    """What a payer answered to one claim and when it paid; one row for every adjudicated claim."""

    remittance_id: str = key("RA", "The remittance's key: that of its claim.")
    claim_id: str = refers("claims.claim_id", "C", "The claim.")
    payer_id: str = column("Who pays.")
    claim_status_code: str = column(
        "1 processed as primary (denials too), 4 patient not known to the payer, 22 reversal.", system="X12 1029"
    )
    payment_date: date = column("The remittance's date; payers pay each payee once a week.")
    payment_method_code: str = column("ACH, CHK or NON where nothing is paid.", system="X12 591")
    paid_amount: Decimal = column("What the payer pays for the claim.", unit="USD")
    payer_control_number: str = column(
        "The payer's number of the claim, CLP07.", decode="'HS' || {payer_control_number}"
    )


@frozen
class CareGap:
    """A recommended service a member has not had."""

    care_gap_id: str = key("G", "The gap's key: that of the event.")
    member_id: str = refers("members.member_id", "M", "Whose.")
    measure_code: str = column(
        "The measure's short name in our own words, e.g. A1C_TEST, EYE_EXAM, COLON_SCREEN, MAMMOGRAM."
    )
    description: str = column("What is missing.")
    identified_date: date = column("When it was found.")
    due_date: date = column("By when it should be closed.")
    status: str = column("open or closed.")
    closed_date: date | None = column("When it was closed.")


@frozen
class GapClosure:
    """The service that closed a gap."""

    gap_closure_id: str = key("GC", "The closure's key: that of the event.")
    care_gap_id: str | None = refers("care_gaps.care_gap_id", "G", "The gap.")
    member_id: str = refers("members.member_id", "M", "Whose.")
    measure_code: str = column("The measure.")
    closed_date: date = column("When.")
    evidence: str = column("claim, record or member_report.")
    procedure_code: str | None = column("The service that closed it, CPT or HCPCS.")


@frozen
class EnrollmentChange:
    """One maintenance of a member's enrolment, as an 834 change file tells it."""

    enrollment_change_id: str = key("EC", "The change's key: that of the event.")
    member_id: str = refers("members.member_id", "M", "Whose.")
    coverage_id: str | None = refers("coverages.coverage_id", "CV", "The coverage it is about.")
    maintenance_type_code: str = column("021 addition, 001 change, 024 cancellation or termination.", system="X12 875")
    maintenance_reason_code: str = column(
        "Why, e.g. 28 initial enrollment, 22 plan change, 08 termination of employment.", system="X12 1203"
    )
    effective_date: date = column("From when.")


TABLES = (
    table_from(Member, "members"),
    table_from(Coverage, "coverages"),
    table_from(Claim, "claims"),
    table_from(ClaimLine, "claim_lines", ("claim_id", "line_number")),
    table_from(ClaimDiagnosis, "claim_diagnoses", ("claim_id", "rank")),
    table_from(ClaimProcedure, "claim_procedures", ("claim_id", "rank")),
    table_from(ClaimAdjustment, "claim_adjustments", ("claim_id", "line_number", "group_code", "reason_code")),
    table_from(Remittance, "remittances"),
    table_from(CareGap, "care_gaps"),
    table_from(GapClosure, "gap_closures"),
    table_from(EnrollmentChange, "enrollment_changes"),
)
