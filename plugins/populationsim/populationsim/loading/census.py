"""What the Census Bureau says of counties: people, age, sex and race, the uninsured, and the metropolitan areas."""

from __future__ import annotations

from populationsim.loading.layouts import COUNTIES, Form, Kind, single

# Editing a file in a spreadsheet loses the zeros that state and county codes begin with; here they come apart, so nothing is lost.
COUNTY = """lpad("STATE", 2, '0') || lpad("COUNTY", 3, '0')"""

POPULATION = Kind(
    "population",
    "Census county population estimates file (co-est…-alldata)",
    "counties",
    "STATE and COUNTY",
    5,
    ("county_population",),
    "SELECT count(population) FROM county_population",
    (Form("population_columns.csv", "population.sql", COUNTY, rows="""lpad("SUMLEV", 3, '0') = '050'"""),),
    single("SELECT 'V' || max(year) FROM county_population"),
    serves=COUNTIES,
)

SEX_RACE = Kind(
    "sex_race",
    "Census county file of age, sex, race and Hispanic origin (cc-est…-alldata)",
    "counties",
    "county",
    5,
    ("county_age_sex", "county_race_sex"),
    "SELECT (SELECT count(*) FROM county_age_sex) + (SELECT count(*) FROM county_race_sex)",
    (
        Form(
            "sex_race_columns.csv",
            "sex_race.sql",
            COUNTY + """ || '-' || "AGEGRP" """,
            rows="""lpad("SUMLEV", 3, '0') = '050' AND "YEAR"::INT = (SELECT max("YEAR"::INT) FROM init_file)""",
            pattern=r"[0-9]{5}-[0-9]{1,2}",
        ),
        Form(
            "sex_race_broad_columns.csv",
            "sex_race_broad.sql",
            "lpad(id, 5, '0')",
            rows="right(id, 3) <> '000' AND id <> '0'",
        ),
    ),
    serves=COUNTIES,
)

SAHIE = Kind(
    "sahie",
    "Census SAHIE file (health insurance by county)",
    "counties",
    "county FIPS",
    5,
    ("county_uninsured",),
    "SELECT count(pct_uninsured) FROM county_uninsured",
    (
        Form(
            "sahie_columns.csv",
            "sahie.sql",
            """lpad(trim(statefips), 2, '0') || lpad(trim(countyfips), 3, '0')""",
            # 50 is a county; 0 are all ages under 65, races, sexes and incomes.
            rows="trim(geocat) = '50' AND trim(agecat) = '0' AND trim(racecat) = '0' AND trim(sexcat) = '0' AND trim(iprcat) = '0'",
        ),
        Form("sahie_short_columns.csv", "sahie_short.sql", "county_fips"),
    ),
    serves=COUNTIES,
)

CBSA = Kind(
    "cbsa",
    "Census list of core-based statistical areas (list1)",
    "counties",
    "county FIPS",
    5,
    ("cbsa",),
    "SELECT count(DISTINCT cbsa_code) FROM cbsa",
    (
        Form(
            "cbsa_columns.csv",
            "cbsa.sql",
            """lpad("FIPS State Code", 2, '0') || lpad("FIPS County Code", 3, '0')""",
            # Notes stand below the list.
            rows=""""FIPS County Code" <> ''""",
        ),
        Form("cbsa_short_columns.csv", "cbsa_short.sql", "county_fips", rows="county_fips <> ''"),
    ),
    serves='the counties of a metropolitan area, "reference": {"type": "msa", "code": "26420"}',
)
