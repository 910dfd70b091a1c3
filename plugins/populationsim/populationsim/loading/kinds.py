"""Every kind of file that `healthsim init` loads, in the order it loads them."""

from __future__ import annotations

from collections.abc import Mapping

from populationsim.loading import census, places, providers, svi
from populationsim.loading.layouts import Kind

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        places.PLACES,
        svi.SVI,
        census.POPULATION,
        census.SEX_RACE,
        census.SAHIE,
        census.CBSA,
        places.PLACES_TRACT,
        svi.SVI_TRACT,
        providers.HOSPITALS,
        providers.NPPES,
    )
}
TABLES = tuple(table for kind in KINDS.values() for table in kind.tables)
