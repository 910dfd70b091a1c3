"""Make the package's facts from the agencies' files: run it as `make_data.py FOLDER` when a new release is adopted.

FOLDER holds cdc_places_county_2022_release.csv, cdc_svi_county_2022.csv, census_county_sex_race_2018.csv and
census_cbsa_2023.csv.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from populationsim import facts, loading
from populationsim.figures import LoadedFigures, crosswalk, retired_counties

LARGEST = 25
DATA = Path(__file__).parents[1] / "populationsim" / "data"
# In 2019 the Census Bureau split Valdez-Cordova (02261) into these two.
SPLIT = {"02063": "02261", "02066": "02261"}


def main(folder: Path) -> None:
    conn = duckdb.connect()
    loading.load_places(conn, folder / "cdc_places_county_2022_release.csv")
    loading.load_svi(conn, folder / "cdc_svi_county_2022.csv")
    conn.execute(
        "CREATE TABLE sexes AS SELECT lpad(id, 5, '0') AS fips, * "
        "FROM read_csv(?, all_varchar = true, delim = ';', header = true)",
        [str(folder / "census_county_sex_race_2018.csv")],
    )
    write_counties(conn)
    write_hispanics(conn)
    write_fallback(conn)
    loading.load_file(conn, "cbsa", folder / "census_cbsa_2023.csv")
    write_areas(conn)
    write_vulnerability(conn)


def write_areas(conn) -> None:
    """Write cbsa.csv: the counties of the metropolitan and micropolitan areas of the states."""
    rows = conn.sql(
        "SELECT county_fips, cbsa_code, cbsa_title, central_outlying, CASE WHEN metro THEN 1 ELSE 0 END FROM cbsa "
        "WHERE county_fips IN (SELECT fips FROM svi_county) ORDER BY cbsa_code, county_fips"
    ).fetchall()
    lines = [
        "# Counties of the core-based statistical areas; metro 1: metropolitan, 0: micropolitan.",
        "# Source: U.S. Office of Management and Budget, July 2023, as listed by the Census Bureau (list1).",
        "# Licence: public domain (US government). As of: 2023-07.",
        "county_fips,cbsa_code,cbsa_title,central_outlying,metro",
        *(f'{fips},{code},"{title}",{central},{metro}' for fips, code, title, central, metro in rows),
    ]
    (DATA / "cbsa.csv").write_text("\n".join(lines) + "\n", "utf-8")


def write_vulnerability(conn) -> None:
    """Write county_svi.csv: the five ranks of every county."""
    ranks = ", ".join(facts.SVI_RANKS)
    rows = conn.sql(f"SELECT fips, {ranks} FROM svi_county WHERE rpl_themes IS NOT NULL ORDER BY fips").fetchall()
    lines = [
        "# Social vulnerability of the counties: percentile ranks from 0, least, to 1, most; overall and by theme",
        "# (1 socioeconomic status, 2 household characteristics, 3 racial and ethnic minority status, 4 housing and transport).",
        "# Source: CDC/ATSDR Social Vulnerability Index 2022, county (ACS 2018-2022). Licence: public domain (US government).",
        "# As of: 2022.",
        f"fips,{ranks.replace(' ', '')}",
        *(",".join([fips, *(f"{rank:g}" for rank in found)]) for fips, *found in rows),
    ]
    (DATA / "county_svi.csv").write_text("\n".join(lines) + "\n", "utf-8")


def write_counties(conn) -> None:
    """Write counties.csv: today's counties, and those that Connecticut had."""
    female = dict(
        conn.sql(
            'SELECT fips, round(100 * "Total_Female"::DOUBLE / "Total_population"::DOUBLE, 2) FROM sexes '
            'WHERE "Total_population" IS NOT NULL'
        ).fetchall()
    )
    rows = conn.sql("SELECT fips, county_name, state, population FROM svi_county").fetchall()
    old = conn.sql(
        "SELECT fips, county_name || ' County', state, population FROM places_county "
        "WHERE fips NOT IN (SELECT fips FROM svi_county)"
    ).fetchall()
    lines = [
        "# Counties and county equivalents, and the eight counties that Connecticut had until 2022.",
        "# Source: names and population: CDC/ATSDR SVI 2022 (ACS 2018-2022), of the eight: CDC PLACES 2022;",
        "# percent female: U.S. Census Bureau, 2018, a planning region's from the counties that share its people.",
        "# Licence: public domain (US government). As of: 2022.",
        "fips,name,state,population,pct_female",
    ]
    for fips, name, state, people in sorted(rows + old):
        share = female.get(fips, female.get(SPLIT.get(fips)))
        if share is None and fips not in retired_counties():
            weights = {other: shared for other, shared in crosswalk(fips).items() if other in female}
            share = (
                round(sum(female[o] * w for o, w in weights.items()) / sum(weights.values()), 2) if weights else None
            )
        lines.append(f"{fips},{name},{state},{people},{'' if share is None else share}")
    (DATA / "counties.csv").write_text("\n".join(lines) + "\n", "utf-8")


def write_hispanics(conn) -> None:
    """Write race_of_hispanics.json: the nation's."""
    groups = {"white": "HWA", "black": "HBA", "asian": "HAA", "native": "HIA", "pacific": "HNA", "multiple": "HTOM"}
    columns = ", ".join(f'"{group}_MALE"::BIGINT + "{group}_FEMALE"::BIGINT' for group in groups.values())
    people = conn.sql(f"SELECT {columns} FROM sexes WHERE id = '0'").fetchall()[0]
    content = {
        "birth": {
            "source": "U.S. Census Bureau, population estimates by sex, race and Hispanic origin, United States, 2018. "
            "They spread the census category 'some other race' over the others.",
            "licence": "public domain (US government)",
            "as_of": "2018-07-01",
        },
        "weights": {race: round(count / sum(people), 6) for race, count in zip(groups, people, strict=True)},
    }
    (DATA / "race_of_hispanics.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def write_fallback(conn) -> None:
    """Write fallback.json: the nation, the states and the largest counties, as the loaded files have them."""
    source = LoadedFigures(conn)
    largest = conn.sql(f"SELECT fips FROM svi_county ORDER BY population DESC, fips LIMIT {LARGEST}").fetchall()
    areas = {facts.NATION: None} | {state: state for state in facts.states()}
    content = {
        "birth": {
            "source": "Health, crude percent of adults: CDC PLACES, county data, 2022 release (BRFSS 2020 and 2019). "
            "Social: CDC/ATSDR Social Vulnerability Index 2022, county (ACS 2018-2022). "
            "Areas: counties weighted by population.",
            "licence": "public domain (US government)",
            "as_of": "2022",
            "vintage": source.vintage(),
        },
        "areas": {
            name: {
                "social": source.area_social(key),
                "health": source.area_health(key),
                "limits": source.limits(None, key),
            }
            for name, key in areas.items()
        },
        "counties": {
            fips: {
                "social": source.county_social(fips),
                "health": source.county_health(fips),
                "limits": source.limits(fips),
            }
            for (fips,) in sorted(largest)
        },
    }
    # A line per place and part: the difference to the next release is read line by line.
    parts = [f'"birth": {json.dumps(content["birth"], indent=1)}']
    for kind in ("areas", "counties"):
        places = ",\n".join(
            f"{json.dumps(place)}: {{\n"
            + ",\n".join(f" {json.dumps(part)}: {json.dumps(figures)}" for part, figures in found.items())
            + "\n}"
            for place, found in content[kind].items()
        )
        parts.append(f'"{kind}": {{\n{places}\n}}')
    (DATA / "fallback.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
