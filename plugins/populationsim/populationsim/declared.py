"""The declarations of PopulationSim; what they lead to is imported when it is used."""

from __future__ import annotations

from pathlib import Path

from healthsim_core.declarations import Command, Product, Reference, Template

TEMPLATES = Path(__file__).parent / "templates"

PRODUCT = Product(
    "populationsim",
    "Who lives where: real county and state figures as profiles.",
    entity="person",
    exports={
        name: "populationsim"
        for name in ("ReferenceProfileResolver", "DemographicProfile", "create_hybrid_profile", "resolve_geography")
    },
)


def reference() -> Reference:
    """Return the reference `populationsim`: a place of the United States."""
    return Reference(
        "populationsim",
        "Places of the United States, from tract to nation: age, sex, race, ethnicity, chronic conditions by age and sex, ZIP codes.",
        source="CDC PLACES, CDC/ATSDR SVI, U.S. Census Bureau, NCHS; ZIP codes: the package zipcodes",
        licence="public domain (US government); zipcodes: MIT",
        resolve=_resolve,
        kinds=("county", "state", "msa", "zip", "tract", "nation", "counties"),
    )


def _resolve(request, workspace):
    from populationsim.reference import resolve

    return resolve(request, workspace)


def templates() -> list[Template]:
    """Return the templates of the folder `templates`, each named by its file."""
    return [
        Template(kind, path.stem, path)
        for kind in ("profile", "journey", "scenario")
        for path in sorted((TEMPLATES / f"{kind}s").glob("*.json"))
    ]


def _init():
    from populationsim.command import init

    return init


def _compare():
    from populationsim.compare_command import compare

    return compare


INIT = Command("init", "Load official files (CDC, Census Bureau, CMS) into the reference database.", _init)
COMPARE = Command("compare-counties", "Show the figures of counties beside each other.", _compare)
