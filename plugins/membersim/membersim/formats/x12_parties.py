"""Who X12 claims and remittances name: facilities, pharmacies, providers, and the kind of payer."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from healthsim_core.export import Source
from healthsim_x12 import clean, segment
from membersim.formats.reading import Row, rows

_FILING = {"MA-HMO": "16", "MA-PPO": "16", "MA-only": "16", "PDP": "OF", "PPO": "12", "EPO": "14", "HMO": "HM"}
"""Claim filing indicator (X12 1032) by plan."""


@frozen
class Directory:
    """The segments of all who can bill, be paid, render or host, made once: {id: text}."""

    billing: dict[str, str] = field(factory=dict)
    place: dict[str, str] = field(factory=dict)
    payee: dict[str, str] = field(factory=dict)
    account: dict[str, str] = field(factory=dict)
    """The account a payee is paid to: the digits of the tax number, which is nobody's."""
    name: dict[str, str] = field(factory=dict)
    """A provider's elements NM103 to NM109."""
    provider: dict[str, str] = field(factory=dict)


def directory(source: Source, provider: Callable[[str, str | None], str]) -> Directory:
    """Return the segments of those that have what the standard requires; `provider` makes a provider's from name and taxonomy."""
    found = Directory()
    for one in rows(source, "x12_facilities.sql") if "facilities" in source.tables else ():
        if _complete(one):
            _add_facility(found, one)
            _add_payee(found, one.facility_id, one)
    for one in rows(source, "x12_pharmacies.sql") if "pharmacies" in source.tables else ():
        if _complete(one):
            _add_payee(found, one.pharmacy_id, one, segment("REF", "D3", one.ncpdp_id) if one.ncpdp_id else "")
    for one in rows(source, "x12_providers.sql") if "providers" in source.tables else ():
        if one.npi and clean(one.family_name):
            name = f"{clean(one.family_name, 60)}*{clean(one.given_name, 35)}****XX*{one.npi}"
            found.name[one.provider_id] = name
            found.provider[one.provider_id] = provider(name, one.taxonomy_code)
    return found


def _complete(one: Row) -> bool:
    return bool(one.npi and one.tax_id and clean(one.name) and has_address(one))


def _add_facility(found: Directory, one: Row) -> None:
    name = clean(one.name, 60)
    where = address(one, "9998")
    taxonomy = segment("PRV", "BI", "PXC", one.taxonomy_code) if one.taxonomy_code else ""
    phone = segment("PER", "IC", name, "TE", one.phone) if one.phone else ""
    found.billing[one.facility_id] = (
        f"{taxonomy}NM1*85*2*{name}*****XX*{one.npi}~\n{where}REF*EI*{one.tax_id}~\n{phone}"
    )
    found.place[one.facility_id] = f"NM1*77*2*{name}*****XX*{one.npi}~\n{where}"


def _add_payee(found: Directory, key: str, one: Row, number: str = "") -> None:
    found.payee[key] = (
        f"N1*PE*{clean(one.name, 60)}*XX*{one.npi}~\n{address(one, '9998')}{number}REF*TJ*{one.tax_id}~\n"
    )
    found.account[key] = one.tax_id


def has_address(row: Row) -> bool:
    """Say whether a person or organisation has all of an address."""
    return bool(clean(row.address_line) and clean(row.city) and row.state and row.zip_code)


def address(row: Row, zip_suffix: str = "") -> str:
    """Return N3 and N4; organisations' ZIPs have nine digits, 9998 stands where the last four are not known."""
    zip_code = row.zip_code + zip_suffix if len(row.zip_code) == 5 else row.zip_code
    return f"N3*{clean(row.address_line, 55)}~\nN4*{clean(row.city, 30)}*{row.state}*{zip_code}~\n"


def filing(row: Row, medicare: str, other: str) -> str:
    """Return the claim filing indicator of a coverage; `medicare` is that of original Medicare, `other` of plans without one."""
    return _FILING.get(row.plan_code) or {"Medicaid": "MC", "Medicare": medicare}.get(row.coverage_type, other)
