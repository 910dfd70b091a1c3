"""The identity anchor: the table `persons`, which every product's own entity points to."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from healthsim_core.declarations import Statistic
from healthsim_core.tables import column, key, refers, table_from


@frozen
class Person:
    """A synthetic human being; the same one in every product."""

    person_id: str = key("P", "The person's key.")
    household_id: str = refers("persons.household_id", "HH", "The household; its members share the number.")
    role: str = column("subscriber, spouse, dependent, or other: somebody who lives there and is insured apart.")
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
    language: str | None = column("Preferred language, where somebody says.", system="BCP 47")
    marital_status: str | None = column("S, M, D, L, W …, where somebody says.", system="HL7 v3 MaritalStatus")
    death_date: date | None = column("The day of death; empty for the living.")


PERSONS = table_from(Person, "persons")


def people_statistics(table: str, unless: tuple[str, ...] = ()) -> tuple[Statistic, Statistic]:
    """Return age and sex of the people in a table with `birth_date` and `gender`."""
    ages = f"SELECT date_sub('year', birth_date, {{as_of}}) AS age FROM {table} WHERE birth_date IS NOT NULL"
    prefix = "" if table == "persons" else f"{table}_"
    return (
        Statistic(
            f"{prefix}age_years",
            "Ages on the scenario's date.",
            (table,),
            f"SELECT min(age) AS min, quantile_disc(age, 0.5) AS median, max(age) AS max FROM ({ages})",
            rank=1,
            unless=unless,
        ),
        Statistic(
            f"{prefix}sex",
            "How many of each administrative sex.",
            (table,),
            f"SELECT gender AS value, count(*) AS count FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1",
            rank=1,
            unless=unless,
        ),
    )


STATISTICS = (
    *people_statistics("persons"),
    Statistic(
        "race",
        "How many of each race.",
        ("persons",),
        "SELECT race AS value, count(*) AS count FROM persons GROUP BY 1 ORDER BY 2 DESC, 1",
        rank=3,
    ),
)
