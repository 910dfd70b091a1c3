"""The tables of NetworkSim: one attrs class each, the schema's only home."""

from __future__ import annotations

from attrs import frozen

from healthsim_core.tables import column, key, refers, table_from

NUCC = "http://nucc.org/provider-taxonomy"


@frozen
class Facility:
    """An organisation that delivers care at one place; it bills for those who work there."""

    facility_id: str = key("F", "The facility's key.")
    npi: str = column(
        "Organisation NPI with a valid check digit; begins with 2, so none is issued.",
        system="http://hl7.org/fhir/sid/us-npi",
        decode="{npi}::VARCHAR",
    )
    name: str = column("The name; invented.")
    facility_type: str = column("hospital, clinic or laboratory.")
    taxonomy_code: str = column("What it is.", system=NUCC)
    ccn: str | None = column(
        "A hospital's number in the form of a CMS certification number: Z (Y for the county's second, X …) and the county; no state code begins with these.",
        decode="CASE WHEN {ccn} >= 0 THEN substr('ZYXWVUTSRQ', ({ccn} // 100000 + 1)::INT, 1) || lpad(({ccn} % 100000)::VARCHAR, 5, '0') END",
    )
    tax_id: str = column(
        "Employer identification number with a prefix that is not assigned.", decode="{tax_id}::VARCHAR"
    )
    address_line: str = column(
        "Street address.", decode="{street_number} || ' ' || {street_name}", inputs=("street_number", "street_name")
    )
    city: str = column("City.")
    state: str = column("Two-letter state.")
    zip_code: str = column("Five-digit ZIP.")
    county_fips: str = column("County, five digits.")
    phone: str = column("Phone, ten digits, of the fictional range.", decode="{phone}::VARCHAR")
    bed_count: int | None = column("Beds of a hospital.", decode="nullif({bed_count}, 0)")


@frozen
class Provider:
    """A person who delivers care."""

    provider_id: str = key("PR", "The provider's key.")
    npi: str = column(
        "Individual NPI with a valid check digit; begins with 2, so none is issued.",
        system="http://hl7.org/fhir/sid/us-npi",
        decode="{npi}::VARCHAR",
    )
    given_name: str = column("First name.")
    family_name: str = column("Last name.")
    gender: str = column("M or F.")
    credential: str = column("MD, DO, NP and the like.")
    specialty: str = column("The specialty in words, e.g. internal_medicine.")
    taxonomy_code: str = column("The specialty's code.", system=NUCC)
    facility_id: str = refers("facilities.facility_id", "F", "Where the provider practises.")
    county_fips: str = column("County, five digits.")
    phone: str = column("Phone, ten digits, of the fictional range.", decode="{phone}::VARCHAR")


@frozen
class Pharmacy:
    """A pharmacy that dispenses prescriptions."""

    pharmacy_id: str = key("PH", "The pharmacy's key.")
    ncpdp_id: str = column(
        "Seven digits in the form of an NCPDP provider number with a valid check digit; begins with 99, which no state has; counts the pharmacies of the scenario.",
        system="http://terminology.hl7.org/NamingSystem/NCPDPProviderIdentificationNumber",
        decode="{ncpdp_id}::VARCHAR",
    )
    npi: str = column(
        "Organisation NPI with a valid check digit; begins with 2, so none is issued.",
        system="http://hl7.org/fhir/sid/us-npi",
        decode="{npi}::VARCHAR",
    )
    name: str = column("The name; invented.")
    pharmacy_type: str = column("retail, mail, specialty or long_term_care.")
    taxonomy_code: str = column("What it is.", system=NUCC)
    tax_id: str = column(
        "Employer identification number with a prefix that is not assigned.", decode="{tax_id}::VARCHAR"
    )
    address_line: str = column(
        "Street address.", decode="{street_number} || ' ' || {street_name}", inputs=("street_number", "street_name")
    )
    city: str = column("City.")
    state: str = column("Two-letter state.")
    zip_code: str = column("Five-digit ZIP.")
    county_fips: str = column("County, five digits.")
    phone: str = column("Phone, ten digits, of the fictional range.", decode="{phone}::VARCHAR")


@frozen
class Network:
    """A network of providers that plans contract with."""

    network_id: str = column("The network's short name, e.g. HMO_CORE.")
    name: str = column("The name; invented.")
    network_type: str = column("HMO, PPO, EPO, Medicare, Medicaid or pharmacy.")
    plans: str | None = column("The codes of the plans that use it, by blank; none for networks of pharmacies.")


@frozen
class NetworkParticipation:
    """A provider, facility or pharmacy in a network; exactly one of the three is given."""

    participation_id: str = key("NP", "The participation's key.")
    network_id: str = column("The network.")
    provider_id: str | None = refers("providers.provider_id", "PR", "The provider.")
    facility_id: str | None = refers("facilities.facility_id", "F", "The facility.")
    pharmacy_id: str | None = refers("pharmacies.pharmacy_id", "PH", "The pharmacy.")
    tier: int = column("1 preferred, 2 standard.")
    accepts_new_patients: bool = column("Whether new patients are taken.")


TABLES = (
    table_from(Facility, "facilities"),
    table_from(Provider, "providers"),
    table_from(Pharmacy, "pharmacies"),
    table_from(Network, "networks", ("network_id",)),
    table_from(NetworkParticipation, "network_participations"),
)
