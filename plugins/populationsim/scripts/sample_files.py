"""Write small files in the official layouts, with invented content: `sample_files.py nppes 1000000 FILE`.

For tests, and to time `healthsim init` without the publishers' files. NPIs begin with 2, so that none is anybody's.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

_ADDRESS = (
    "Provider First Line Business {} Address",
    "Provider Second Line Business {} Address",
    "Provider Business {} Address City Name",
    "Provider Business {} Address State Name",
    "Provider Business {} Address Postal Code",
    "Provider Business {} Address Country Code (If outside U.S.)",
    "Provider Business {} Address Telephone Number",
    "Provider Business {} Address Fax Number",
)
# ZIP, town, state: Harris, Bexar, San Diego, New York and Cook counties.
TOWNS = (
    ("770021234", "HOUSTON", "TX"),
    ("78205", "SAN ANTONIO", "TX"),
    ("92101", "SAN DIEGO", "CA"),
    ("10001", "NEW YORK", "NY"),
    ("60601", "CHICAGO", "IL"),
)
TAXONOMIES = ("207Q00000X", "207R00000X", "363L00000X", "1041C0700X", "3336C0003X")


def nppes_header() -> list[str]:
    """Return the 330 columns of the NPPES monthly file, in order."""
    other = ("Last Name", "First Name", "Middle Name", "Name Prefix Text", "Name Suffix Text", "Credential Text")
    official = ("Last Name", "First Name", "Middle Name", "Title or Position", "Telephone Number")
    taxonomy = (
        "Healthcare Provider Taxonomy Code_{}",
        "Provider License Number_{}",
        "Provider License Number State Code_{}",
        "Healthcare Provider Primary Taxonomy Switch_{}",
    )
    identifier = (
        "Other Provider Identifier_{}",
        "Other Provider Identifier Type Code_{}",
        "Other Provider Identifier State_{}",
        "Other Provider Identifier Issuer_{}",
    )
    return [
        "NPI",
        "Entity Type Code",
        "Replacement NPI",
        "Employer Identification Number (EIN)",
        "Provider Organization Name (Legal Business Name)",
        "Provider Last Name (Legal Name)",
        "Provider First Name",
        "Provider Middle Name",
        "Provider Name Prefix Text",
        "Provider Name Suffix Text",
        "Provider Credential Text",
        "Provider Other Organization Name",
        "Provider Other Organization Name Type Code",
        *(f"Provider Other {name}" for name in other),
        "Provider Other Last Name Type Code",
        *(name.format("Mailing") for name in _ADDRESS),
        *(name.format("Practice Location") for name in _ADDRESS),
        "Provider Enumeration Date",
        "Last Update Date",
        "NPI Deactivation Reason Code",
        "NPI Deactivation Date",
        "NPI Reactivation Date",
        "Provider Sex Code",
        *(f"Authorized Official {name}" for name in official),
        *(name.format(number) for number in range(1, 16) for name in taxonomy),
        *(name.format(number) for number in range(1, 51) for name in identifier),
        "Is Sole Proprietor",
        "Is Organization Subpart",
        "Parent Organization LBN",
        "Parent Organization TIN",
        *(f"Authorized Official {name}" for name in ("Name Prefix Text", "Name Suffix Text", "Credential Text")),
        *(f"Healthcare Provider Taxonomy Group_{number}" for number in range(1, 16)),
        "Certification Date",
    ]


def npi(number: int) -> str:
    """Return the NPI of a running number: 2, eight digits and the check digit."""
    body = f"2{number:08d}"
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in body[::2])
    total = 24 + doubled + sum(int(digit) for digit in body[1::2])
    return body + str(-total % 10)


def nppes_row(number: int) -> dict[str, str]:
    """Return what one provider's row holds; every seventh is an organisation, every hundredth was deactivated."""
    if number % 100 == 99:
        return {"NPI": npi(number), "NPI Deactivation Date": "03/01/2024"}
    zip_code, city, state = TOWNS[number % len(TOWNS)]
    names = (
        {"Entity Type Code": "2", "Provider Organization Name (Legal Business Name)": f'CLINIC {number}, "INC"'}
        if number % 7 == 0
        else {
            "Entity Type Code": "1",
            "Provider Last Name (Legal Name)": f"SAMPLE{number}",
            "Provider First Name": "PAT",
            "Provider Credential Text": "M.D.",
        }
    )
    second = number % 3 == 0
    return names | {
        "NPI": npi(number),
        "Provider First Line Business Practice Location Address": f"{number} MAIN ST",
        "Provider Business Practice Location Address City Name": city,
        "Provider Business Practice Location Address State Name": state,
        "Provider Business Practice Location Address Postal Code": zip_code,
        "Provider Business Practice Location Address Telephone Number": f"71355501{number % 100:02d}",
        "Provider Enumeration Date": f"{number % 12 + 1:02d}/{number % 28 + 1:02d}/{2006 + number % 15}",
        "Last Update Date": "01/15/2026",
        "Healthcare Provider Taxonomy Code_1": "174400000X" if second else TAXONOMIES[number % 5],
        "Healthcare Provider Primary Taxonomy Switch_1": "N" if second else "Y",
        "Healthcare Provider Taxonomy Code_2": TAXONOMIES[number % 5] if second else "",
        "Healthcare Provider Primary Taxonomy Switch_2": "Y" if second else "",
    }


def write_nppes(path: Path, count: int, changed: dict[int, dict[str, str]] | None = None) -> Path:
    """Write so many rows in the official layout, every field quoted; `changed` gives rows other values."""
    header = nppes_header()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for number in range(count):
            row = nppes_row(number) | (changed or {}).get(number, {})
            writer.writerow([row.get(name, "") for name in header])
    return path


def places_tract_rows() -> Iterator[dict[str, str]]:
    """Give two tracts of Harris County in the layout of PLACES by tract, 2024: no age-adjusted figures."""
    for tract, diabetes in (("48201100000", "8.1"), ("48201210100", "19.4")):
        yield {
            "StateAbbr": "TX",
            "StateDesc": "Texas",
            "CountyName": "Harris",
            "CountyFIPS": "48201",
            "TractFIPS": tract,
            "TotalPopulation": "4,321",
            "TotalPop18plus": "3210",
            "DIABETES_CrudePrev": diabetes,
            "DIABETES_Crude95CI": "( 7.0,  9.2)",
            "OBESITY_CrudePrev": "31.2",
            "OBESITY_Crude95CI": "(29.0, 33.5)",
            "BPHIGH_CrudePrev": "25.5",
            "BPHIGH_Crude95CI": "(23.9, 27.2)",
            "Geolocation": "POINT (-95.36 29.76)",
        }


if __name__ == "__main__":
    if sys.argv[1:2] != ["nppes"]:
        sys.exit(__doc__)
    write_nppes(Path(sys.argv[3]), int(sys.argv[2]))
