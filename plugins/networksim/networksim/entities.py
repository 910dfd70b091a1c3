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
        "A hospital's number in the form of a CMS certification number: Z and the county; no state code begins with Z.",
        decode="CASE WHEN {ccn} >= 0 THEN 'Z' || lpad({ccn}::VARCHAR, 5, '0') END",
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


TABLES = (
    table_from(Facility, "facilities"),
    table_from(Provider, "providers"),
)
