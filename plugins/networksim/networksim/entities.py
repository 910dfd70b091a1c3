"""The tables of NetworkSim: one attrs class each, the schema's only home."""

from __future__ import annotations

import datetime

from attrs import frozen

from healthsim_core.tables import column, key, refers, table_from

NUCC = "http://nucc.org/provider-taxonomy"
_ADDRESS = "CASE WHEN {street_number} >= 0 THEN {street_number} || ' ' || {street_name} ELSE {street_name} END"
_PHONE = "CASE WHEN {phone} >= 0 THEN {phone}::VARCHAR END"


@frozen
class Facility:
    """An organisation that delivers care at one place; it bills for those who work there."""

    facility_id: str = key("F", "The facility's key.")
    npi: str = column(
        "Organisation NPI with a valid check digit; begins with 2, so none is issued, but for real ones.",
        system="http://hl7.org/fhir/sid/us-npi",
        decode="{npi}::VARCHAR",
    )
    name: str = column("The name; invented.")
    facility_type: str = column(
        "hospital, clinic, laboratory, imaging_center, urgent_care, surgery_center, nursing_facility, home_health_agency or fqhc."
    )
    taxonomy_code: str = column("What it is.", system=NUCC)
    ccn: str | None = column(
        "Where Medicare certifies it: six characters in the form of a CMS certification number; Z to Q come first, as in no state's."
    )
    tax_id: str = column(
        "Employer identification number with a prefix that is not assigned.", decode="{tax_id}::VARCHAR"
    )
    address_line: str = column("Street address.", decode=_ADDRESS, inputs=("street_number", "street_name"))
    city: str = column("City.")
    state: str = column("Two-letter state.")
    zip_code: str = column("Five-digit ZIP.")
    county_fips: str = column("County, five digits.")
    phone: str | None = column("Phone, ten digits; of the fictional range, but for real ones.", decode=_PHONE)
    bed_count: int | None = column("Beds of a hospital or nursing facility.", decode="nullif({bed_count}, 0)")
    synthetic: bool = column("Whether HealthSim made it; false for one from official files.")


@frozen
class Provider:
    """A person who delivers care."""

    provider_id: str = key("PR", "The provider's key.")
    npi: str = column(
        "Individual NPI with a valid check digit; begins with 2, so none is issued, but for real ones.",
        system="http://hl7.org/fhir/sid/us-npi",
        decode="{npi}::VARCHAR",
    )
    given_name: str = column("First name.")
    family_name: str = column("Last name.")
    gender: str | None = column("M or F; none where official files do not say.")
    credential: str = column("MD, DO, NP and the like.")
    specialty: str = column("The specialty in words, e.g. internal_medicine.")
    taxonomy_code: str = column("The specialty's code.", system=NUCC)
    facility_id: str = refers("facilities.facility_id", "F", "Where the provider practises.")
    address_line: str = column(
        "Street address of the practice.", decode=_ADDRESS, inputs=("street_number", "street_name")
    )
    city: str = column("City.")
    state: str = column("Two-letter state.")
    zip_code: str = column("Five-digit ZIP.")
    county_fips: str = column("County, five digits.")
    phone: str | None = column("Phone, ten digits; of the fictional range, but for real ones.", decode=_PHONE)
    languages: str | None = column(
        "Languages spoken (BCP 47), by blank, English first; none where official files do not say."
    )
    accepting_patients: bool = column("Whether new patients are taken.")
    synthetic: bool = column("Whether HealthSim made it; false for one from official files.")


@frozen
class Pharmacy:
    """A pharmacy that dispenses prescriptions."""

    pharmacy_id: str = key("PH", "The pharmacy's key.")
    ncpdp_id: str = column(
        "Seven digits in the form of an NCPDP provider number with a valid check digit; begins with 70 to 99, which no state has.",
        system="http://terminology.hl7.org/NamingSystem/NCPDPProviderIdentificationNumber",
        decode="{ncpdp_id}::VARCHAR",
    )
    npi: str = column(
        "Organisation NPI with a valid check digit; begins with 2, so none is issued, but for real ones.",
        system="http://hl7.org/fhir/sid/us-npi",
        decode="{npi}::VARCHAR",
    )
    name: str = column("The name; invented.")
    pharmacy_type: str = column("retail, mail, specialty or long_term_care.")
    taxonomy_code: str = column("What it is.", system=NUCC)
    tax_id: str = column(
        "Employer identification number with a prefix that is not assigned.", decode="{tax_id}::VARCHAR"
    )
    address_line: str = column("Street address.", decode=_ADDRESS, inputs=("street_number", "street_name"))
    city: str = column("City.")
    state: str = column("Two-letter state.")
    zip_code: str = column("Five-digit ZIP.")
    county_fips: str = column("County, five digits.")
    phone: str | None = column("Phone, ten digits; of the fictional range, but for real ones.", decode=_PHONE)
    synthetic: bool = column("Whether HealthSim made it; false for one from official files.")


@frozen
class Network:
    """A network of providers that plans contract with."""

    network_id: str = column("The network's short name, e.g. HMO_CORE.")
    name: str = column("The name; invented.")
    network_type: str = column("HMO, PPO, EPO, Medicare, Medicaid or pharmacy.")
    plans: str | None = column("The codes of the plans that use it, by blank; none for networks of pharmacies.")
    pharmacy_network_id: str | None = column(
        "The network of pharmacies that its plans use; none for one of pharmacies.", references="networks.network_id"
    )


@frozen
class NetworkParticipation:
    """A provider, facility or pharmacy in a network; exactly one of the three is given."""

    participation_id: str = key("NP", "The participation's key.")
    network_id: str = column("The network.", references="networks.network_id")
    provider_id: str | None = refers("providers.provider_id", "PR", "The provider.")
    facility_id: str | None = refers("facilities.facility_id", "F", "The facility.")
    pharmacy_id: str | None = refers("pharmacies.pharmacy_id", "PH", "The pharmacy.")
    tier: int = column("1 preferred, 2 standard.")
    accepts_new_patients: bool = column("Whether new patients are taken.")


@frozen
class PlanContract:
    """A network's contract with an organisation or pharmacy; exactly one of the two is given."""

    contract_id: str = key("NC", "The contract's key.")
    network_id: str = column("The network.", references="networks.network_id")
    facility_id: str | None = refers("facilities.facility_id", "F", "The facility.")
    pharmacy_id: str | None = refers("pharmacies.pharmacy_id", "PH", "The pharmacy.")
    tier: int = column("1 preferred, 2 standard.")
    effective_date: datetime.date = column("The first day.")
    end_date: datetime.date | None = column("The last day; none where the contract goes on.")
    fee_schedule_percent: int | None = column(
        "What the network pays, in percent of Medicare; none for pharmacies.",
        decode="CASE WHEN {fee_schedule_percent} >= 0 THEN {fee_schedule_percent} END",
    )


@frozen
class ProviderAffiliation:
    """A provider's tie to a hospital."""

    affiliation_id: str = key("PA", "The affiliation's key.")
    provider_id: str = refers("providers.provider_id", "PR", "The provider.")
    facility_id: str = refers("facilities.facility_id", "F", "The hospital.")
    role: str = column("staff: works there; admitting: may treat patients there.")


@frozen
class DirectoryCounty:
    """A county that the directory covers, and how many of its people the directory is made for."""

    county_fips: str = column("County, five digits.")
    county_class: str = column("large_metro, metro, micro or rural.")
    people_count: int = column("People of the county's places in the scenario.")
    served_count: int = column("For how many of them there are providers; fewer where `network.directory` is not full.")
    is_full: bool = column("Whether the directory serves everybody.")


TABLES = (
    table_from(Facility, "facilities"),
    table_from(Provider, "providers"),
    table_from(Pharmacy, "pharmacies"),
    table_from(Network, "networks", ("network_id",)),
    table_from(NetworkParticipation, "network_participations"),
    table_from(PlanContract, "plan_contracts"),
    table_from(ProviderAffiliation, "provider_affiliations"),
    table_from(DirectoryCounty, "directory_counties", ("county_fips",)),
)
