"""The tables of RxMemberSim: one attrs class each, the schema's only home."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from attrs import frozen

from healthsim_core.tables import column, key, refers, table_from

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"


@frozen
class RxMember:
    """A person as a pharmacy benefit manager knows them."""

    rx_member_id: str = key("RX", "The pharmacy member's key.")
    person_id: str = refers("persons.person_id", "P", "The person this member is.")
    member_id: str | None = refers("members.member_id", "M", "The same person as a medical member.")
    cardholder_id: str | None = refers(
        "rx_members.rx_member_id", "RX", "The subscriber's number on the card (302-C2); none where that is no member."
    )
    person_code: str = column("Which person of the card: 001 subscriber, 002 spouse, 003 and on dependents (303-C3).")
    relationship_code: str = column("1 cardholder, 2 spouse, 3 child (306-C6).", system="NCPDP 306-C6")
    bin: str = column("Issuer identification number: where the claim is sent (101-A1); invented, of the range 99xxxx.")
    pcn: str = column("Processor control number (104-A4).")
    group_id: str = column("The benefit's group (301-C1).")
    plan_code: str = column("The pharmacy benefit: its cost-sharing design.")
    benefit_type: str = column("Commercial, Medicare Part D, Medicaid or Exchange.")
    contract_code: str | None = column("The Part D plan's contract with Medicare; invented, so it begins with Z.")
    given_name: str = column("First name.")
    family_name: str = column("Last name.")
    birth_date: date | None = column("Date of birth.")
    gender: str = column("Administrative sex, M or F.")
    pharmacy_id: str | None = refers("pharmacies.pharmacy_id", "PH", "The usual pharmacy.")
    start_date: date = column("First day of the pharmacy benefit.")
    end_date: date | None = column("Last day of the benefit; none while it goes on.")


@frozen
class Drug:
    """A drug product of the formulary: one package, known by its NDC."""

    ndc_code: str = column("Eleven-digit NDC without hyphens.", system=NDC)
    rxnorm_code: str = column("The clinical drug, an RxNorm code (RxCUI).", system=RXNORM)
    drug: str = column("The short name by which journeys and skills ask for it, e.g. metformin.")
    label: str = column("Ingredient, strength and form.")
    strength: str = column("Strength with its unit.")
    dose_form: str = column("Tablet, capsule, injection and the like.")
    drug_class: str = column("Therapeutic class in our own words, e.g. biguanide.")
    tier: int = column("Formulary tier: 1 generic, 2 preferred brand, 3 other brand, 4 specialty.")
    brand: bool = column("Whether it is a brand without generic.")
    dea_schedule: str | None = column("II to V for controlled substances.")
    unit: str = column("Billing unit: EA, ML or GM (600-28).", system="NCPDP 600-28")
    unit_cost_amount: Decimal = column("Typical cost of one unit.", unit="USD")


@frozen
class Prescription:
    """What a prescriber wrote, as the pharmacy holds it."""

    prescription_id: str = key("RP", "The prescription's key: that of the order or event it was written by.")
    rx_member_id: str = refers("rx_members.rx_member_id", "RX", "Whose.")
    medication_order_id: str | None = refers("medication_orders.medication_order_id", "MO", "The order it is.")
    prescription_number: str = column(
        "The pharmacy's number of it, digits (402-D2).", decode="{prescription_number}::VARCHAR"
    )
    ndc_code: str = column("What is dispensed.", system=NDC, references="drugs.ndc_code")
    rxnorm_code: str = column("The clinical drug.", system=RXNORM)
    description: str = column("Drug, strength and form.")
    quantity: float = column("How much is dispensed at a time, in billing units.", decimals=3)
    days_supply: int = column("For how many days that lasts.", unit="d")
    refill_count: int = column("Refills authorized (415-DF).")
    daw_code: str = column("Dispense as written, 0 to 9 (408-D8).", system="NCPDP 408-D8")
    reason_code: str | None = column("Why, a billable ICD-10-CM code.", system=ICD10)
    written_date: date = column("When it was written (414-DE).")
    status: str = column("active, completed or stopped.")
    prescriber_id: str | None = refers("providers.provider_id", "PR", "Who wrote it.")
    pharmacy_id: str | None = refers("pharmacies.pharmacy_id", "PH", "Who dispenses it.")


@frozen
class Fill:
    """One dispensing; ingredient cost + dispensing fee = patient pay + plan pay."""

    fill_id: str = key("FL", "The fill's key: that of the event.")
    prescription_id: str = refers("prescriptions.prescription_id", "RP", "What it fills.")
    rx_member_id: str = refers("rx_members.rx_member_id", "RX", "Whose.")
    fill_number: int = column("0 for the first fill, then 1, 2 … (403-D3).")
    fill_date: date = column("When it was dispensed (401-D1).")
    ndc_code: str = column("What was dispensed (407-D7).", system=NDC, references="drugs.ndc_code")
    quantity: float = column("How much, in billing units (442-E7).", decimals=3)
    days_supply: int = column("For how many days that lasts (405-D5).", unit="d")
    pharmacy_id: str | None = refers("pharmacies.pharmacy_id", "PH", "Who dispensed it.")
    status: str = column("dispensed or reversed.")
    ingredient_cost_amount: Decimal = column("The drug's price (506-F6).", unit="USD")
    dispensing_fee_amount: Decimal = column("The pharmacy's fee (507-F7).", unit="USD")
    total_amount: Decimal = column("Ingredient cost and fee together.", unit="USD")
    deductible_amount: Decimal = column("The part the deductible takes (517-FH).", unit="USD")
    copay_amount: Decimal = column("The member's copay or coinsurance besides the deductible (518-FI).", unit="USD")
    patient_pay_amount: Decimal = column("What the member pays: deductible and copay (505-F5).", unit="USD")
    plan_paid_amount: Decimal = column("What the plan pays the pharmacy (509-F9).", unit="USD")
    benefit_phase: str = column("deductible, initial, catastrophic: where in the benefit's year the fill ended.")


@frozen
class RxClaim:
    """One pharmacy claim transaction and its answer: a billing (B1) or a reversal (B2)."""

    rx_claim_id: str = key("RC", "The transaction's key.")
    rx_member_id: str = refers("rx_members.rx_member_id", "RX", "Whose.")
    prescription_id: str = refers("prescriptions.prescription_id", "RP", "The prescription it bills.")
    fill_id: str | None = refers(
        "fills.fill_id", "FL", "The fill it paid for or takes back; none where it was rejected."
    )
    transaction_code: str = column("B1 billing, B2 reversal (103-A3).", system="NCPDP 103-A3")
    fill_number: int = column("0 for the first fill (403-D3).")
    service_date: date = column("When it was, or would have been, dispensed (401-D1).")
    transaction_date: date = column("When the transaction was sent.")
    response_status: str = column("P paid, R rejected, A approved reversal (112-AN).", system="NCPDP 112-AN")
    reject_code: str | None = column("Why it was rejected, e.g. 79 refill too soon (511-FB).", system="NCPDP 511-FB")
    authorization_number: str = column(
        "The processor's number of it (503-F3).", decode="lpad({authorization_number}::VARCHAR, 12, '0')"
    )


@frozen
class Therapy:
    """A drug therapy as it was taken up and ended."""

    therapy_id: str = key("TH", "The therapy's key: that of the event that began it.")
    rx_member_id: str = refers("rx_members.rx_member_id", "RX", "Whose.")
    drug: str = column("The drug's short name.")
    drug_class: str = column("Its class.")
    start_date: date = column("When it began.")
    end_date: date | None = column("When it ended or was changed; none while it goes on.")
    end_reason: str | None = column("Why it ended, e.g. adverse_effect, ineffective, completed, cost.")
    changed_to: str | None = column("The drug that took its place.")


@frozen
class Adherence:
    """How far a member's fills covered the days since a drug's first fill; computed from the fills, once a drug and person."""

    adherence_id: str = key("AD", "The measure's key.")
    rx_member_id: str = refers("rx_members.rx_member_id", "RX", "Whose.")
    drug: str = column("The drug's short name.")
    drug_class: str = column("Its class.")
    first_fill_date: date = column("The first fill.")
    last_covered_date: date = column("The last day the last fill covers.")
    period_end_date: date = column(
        "The last day of the measurement period: the year's of the last fill, or of the benefit or the person before."
    )
    fill_count: int = column("Fills that were dispensed and kept.")
    period_days: int = column("Days of the measurement period, from the first fill to its end.", unit="d")
    covered_days: int = column(
        "Days of those on which a supply was at hand; supplies that overlap are used up one after the other.", unit="d"
    )
    pdc: float = column("Proportion of days covered, 0 to 1 (PQA).", decimals=4)
    mpr: float = column(
        "Medication possession ratio: days supplied by the days from the first fill to the last fill's own end; may pass 1.",
        decimals=4,
    )


@frozen
class AdherenceAlert:
    """A gap or a threshold that somebody was told of."""

    alert_id: str = key("AL", "The alert's key: that of the event.")
    rx_member_id: str = refers("rx_members.rx_member_id", "RX", "Whose.")
    alert_type: str = column("adherence_gap or mpr_threshold.")
    drug: str | None = column("The drug's short name.")
    alert_date: date = column("When.")
    gap_days: int | None = column(
        "Days without supply up to then.", unit="d", decode="CASE WHEN {gap_days} >= 0 THEN {gap_days} END"
    )
    mpr: float | None = column("Medication possession ratio up to then.", decimals=4)
    threshold: float | None = column("The ratio that was fallen short of.", decimals=2)
    intervention: str | None = column("What was done, e.g. call, letter, pharmacist_review.")


TABLES = (
    table_from(RxMember, "rx_members"),
    table_from(Drug, "drugs", ("ndc_code",)),
    table_from(Prescription, "prescriptions"),
    table_from(Fill, "fills"),
    table_from(RxClaim, "rx_claims"),
    table_from(Therapy, "therapies"),
    table_from(Adherence, "adherence"),
    table_from(AdherenceAlert, "adherence_alerts"),
)
