"""The identity anchor: the table `persons`, which every product's own entity points to."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from healthsim_core.tables import column, key, table_from


@frozen
class Person:
    """A synthetic human being; the same one in every product."""

    person_id: str = key("P", "The person's key.")
    household_id: str = column("The household; its members share the number.", decode="'HH' || {household_id}")
    role: str = column("subscriber, spouse or dependent.")
    given_name: str = column("First name.")
    family_name: str = column("Last name.")
    birth_date: date | None = column("Date of birth; empty where the profile leaves ages missing.")
    gender: str = column("Administrative sex, M or F.", system="HL7 administrative sex")
    race: str | None = column("white, black, asian, native, pacific, other or multiple.", system="OMB")
    ethnicity: str | None = column("hispanic or not_hispanic.", system="OMB")
    address_line: str = column(
        "Street address.", decode="{street_number} || ' ' || {street_name}", inputs=("street_number", "street_name")
    )
    city: str = column("City.")
    state: str = column("Two-letter state.")
    zip_code: str = column("Five-digit ZIP.")
    county_fips: str = column("County, five digits.")
    phone: str = column(
        "Phone, ten digits, of the range reserved for fiction (555-0100 to 0199).", decode="{phone}::VARCHAR"
    )
    email: str = column(
        "Mail address at example.com.",
        decode="lower({given_name}) || '.' || lower({family_name}) || {household_id} || '@example.com'",
        inputs=("given_name", "family_name", "household_id"),
    )
    ssn: str = column(
        "Nine digits of area 900-999, group 01-49: neither an SSN nor an ITIN can be issued there.",
        decode="{ssn}::VARCHAR",
    )


PERSONS = table_from(Person, "persons")
