"""The tables of MemberSim: one attrs class each, the schema's only home."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from attrs import frozen

from healthsim_core.tables import column, key, refers, table_from

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"


@frozen
class Member:
    """A person as a payer knows them."""

    member_id: str = key("M", "The member's key, printed on the card.")
    person_id: str = refers("persons.person_id", "P", "The person this member is.")
    subscriber_id: str = refers("members.member_id", "M", "Whose policy it is; a subscriber's own key.")
    relationship_code: str = column("18 self, 01 spouse, 19 child.", system="X12 1069")
    given_name: str = column("First name.")
    family_name: str = column("Last name.")
    birth_date: date | None = column("Date of birth.")
    gender: str = column("Administrative sex, M or F.", system="X12 1068")
    provider_id: str | None = refers("providers.provider_id", "PR", "The primary care provider.")


@frozen
class Coverage:
    """A member's enrolment in a plan."""

    coverage_id: str = key("CV", "The coverage's key.")
    member_id: str = refers("members.member_id", "M", "Who is covered.")
    payer_id: str = column("The payer's identifier in claims.")
    payer_name: str = column("The payer's name; invented.")
    plan_code: str = column("The plan, e.g. MA-HMO, PPO.")
    plan_name: str = column("The plan in words.")
    coverage_type: str = column("Commercial, Medicare, Medicaid, Exchange.")
    group_number: str | None = column("The employer's or programme's group.")
    coverage_level: str = column("EMP, ESP, ECH or FAM.", system="X12 1207")
    start_date: date = column("First day of coverage.")
    end_date: date | None = column("Last day of coverage; none while it goes on.")
    premium_amount: Decimal = column("Monthly premium of the whole policy.", unit="USD")
    deductible_amount: Decimal = column("Individual deductible of the year.", unit="USD")
    out_of_pocket_max_amount: Decimal = column("Individual out-of-pocket maximum of the year.", unit="USD")


@frozen
class Claim:
    """An adjudicated claim; allowed = paid + member, member = deductible + copay + coinsurance."""

    claim_id: str = key("C", "The claim's key: that of the event; the patient control number.")
    member_id: str = refers("members.member_id", "M", "Whose.")
    coverage_id: str = refers("coverages.coverage_id", "CV", "Under which coverage.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The encounter it bills.")
    claim_type: str = column("professional or institutional.")
    place_of_service_code: str | None = column("Where, on professional claims.", system="CMS place of service")
    billing_facility_id: str | None = refers("facilities.facility_id", "F", "The organisation that bills.")
    rendering_provider_id: str | None = refers("providers.provider_id", "PR", "Who rendered the service.")
    facility_id: str | None = refers("facilities.facility_id", "F", "Where the service was rendered.")
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
    procedure_code: str = column("CPT or HCPCS.")
    modifier_code: str | None = column("A modifier.")
    service_date: date = column("Day of service.")
    unit_count: int = column("Units.")
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


TABLES = (
    table_from(Member, "members"),
    table_from(Coverage, "coverages"),
    table_from(Claim, "claims"),
    table_from(ClaimLine, "claim_lines", ("claim_id", "line_number")),
    table_from(ClaimDiagnosis, "claim_diagnoses", ("claim_id", "rank")),
)
