"""What a reference names: its kind, and the place or the counties it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from healthsim_core.errors import suggestion
from populationsim import facts
from populationsim.figures import retired_counties

KINDS = ("county", "state", "msa", "zip", "tract", "nation", "counties")
KEYS = ("type", "fips", "code", "name", "state", "svi_min", "svi_max", "svi_theme")
_EXAMPLES = {
    "county": '{"type": "county", "fips": "48201"}',
    "state": '{"type": "state", "fips": "48"}',
    "msa": '{"type": "msa", "code": "26420"}',
    "zip": '{"type": "zip", "code": "77002"}',
    "tract": '{"type": "tract", "fips": "48201100000"}',
    "nation": '{"type": "nation"}',
    "counties": '{"type": "counties", "state": "TX", "svi_min": 0.9}',
}


@frozen
class Choice:
    """Counties chosen by their social vulnerability: rank from `low` to `high`, of one state or of all."""

    low: float = 0.0
    high: float = 1.0
    theme: int = 0
    """0: overall; 1 to 4: that theme."""
    state: str | None = None

    def counties(self, ranks: Mapping[str, tuple[float, ...]]) -> tuple[str, ...]:
        """Return the FIPS of the counties that fit; UnknownPlace where there are none."""
        found = tuple(
            fips
            for fips, rank in sorted(ranks.items())
            if fips in facts.counties()
            and fips not in retired_counties()
            and rank[self.theme] is not None
            and self.low <= rank[self.theme] <= self.high
            and self.state in (None, facts.counties()[fips].state)
        )
        if not found:
            raise facts.UnknownPlace(f"no county has {self.label}")
        return found

    @property
    def label(self) -> str:
        """Return the choice in words."""
        what = f"theme {self.theme} of the SVI" if self.theme else "an SVI"
        where = f" in {facts.states()[self.state].name}" if self.state else ""
        return f"{what} from {self.low:g} to {self.high:g}{where}"

    @property
    def code(self) -> str:
        """Return the choice as one word."""
        return f"svi{self.theme or ''}-{self.low:g}-{self.high:g}" + (f"-{self.state}" if self.state else "")


def read_reference(reference: Mapping[str, Any] | str, code: str | int | None = None) -> tuple[str, Any]:
    """Return (kind, place) of a `reference`, or of a kind and a code; ValueError says what is wrong.

    The place is what stands there; a `Choice` for counties.
    """
    if not isinstance(reference, Mapping):
        if reference not in KINDS and code is None:
            raise facts.UnknownPlace(
                f"unknown type {reference!r}{suggestion(reference, KINDS)}; the type comes first, then the place, "
                'as in ("county", "48201")'
            )
        reference = {"type": reference, "fips": code}
    unknown = [key for key in reference if key not in KEYS]
    if unknown:
        raise facts.UnknownPlace(f"unknown key {unknown[0]!r}{suggestion(unknown[0], KEYS)}")
    kind = reference.get("type")
    if kind not in KINDS:
        raise facts.UnknownPlace(f"unknown type {kind!r}{suggestion(kind, KINDS)}")
    if kind == "counties":
        return kind, _choice(reference)
    stray = next((key for key in ("svi_min", "svi_max", "svi_theme") if reference.get(key) is not None), None)
    if stray:
        raise facts.UnknownPlace(f"{stray!r} chooses among counties; the type of that is 'counties', not {kind!r}")
    if kind == "nation":
        return kind, facts.NATION
    return kind, _place(kind, reference)


def _place(kind: str, reference: Mapping[str, Any]) -> Any:
    place = next((reference[key] for key in ("fips", "code", "name") if reference.get(key) is not None), None)
    state = reference.get("state")
    if kind == "state":
        place = state if place is None else place
    elif kind in ("county", "msa") and state is not None and place is not None:
        if not str(place).isdigit() and "," not in str(place):
            place = f"{place}, {state}"
    if place is None or isinstance(place, bool):
        raise facts.UnknownPlace(f"say which {kind}, as in {_EXAMPLES[kind]}")
    return place


def _choice(reference: Mapping[str, Any]) -> Choice:
    bounds = {name: reference.get(name) for name in ("svi_min", "svi_max")}
    if all(value is None for value in bounds.values()):
        raise facts.UnknownPlace(f"say which counties, as in {_EXAMPLES['counties']}")
    for name, value in bounds.items():
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1
        ):
            raise facts.UnknownPlace(f"{name}: expected a rank from 0 to 1, got {value!r}")
    theme = reference.get("svi_theme") or 0
    if theme not in (0, 1, 2, 3, 4):
        raise facts.UnknownPlace(f"svi_theme: expected 1, 2, 3 or 4, got {theme!r}")
    state = reference.get("state")
    return Choice(
        float(bounds["svi_min"] or 0),
        1.0 if bounds["svi_max"] is None else float(bounds["svi_max"]),
        theme,
        facts.find_state(state).abbreviation if state is not None else None,
    )


_FINDERS: Mapping[str, Callable[[Any], Any]] = {
    "county": lambda place: facts.find_county(place).fips,
    "state": lambda place: facts.find_state(place).fips,
    "msa": lambda place: facts.find_area(place).code,
    "zip": lambda place: find_zip(place).zip_code,
    "tract": lambda place: tract_number(place),
    "nation": lambda place: facts.NATION,
    "counties": lambda place: place.code,
}


def number_of(kind: str, place: Any) -> str:
    """Return the number that names a place; UnknownPlace where there is none."""
    return _FINDERS[kind](place)


def find_zip(place: object):
    """Return the ZIP code that is meant; UnknownPlace for none."""
    from populationsim.zip_counties import zip_codes

    word = str(place).strip()
    if isinstance(place, int) or (word.isdigit() and len(word) < 5):
        word = word.zfill(5)
    word = word.partition("-")[0]
    if word in zip_codes():
        return zip_codes()[word]
    if not (word.isdigit() and len(word) == 5):
        raise facts.UnknownPlace(f"unknown ZIP code {place!r}; it has five digits, such as '77002'")
    near = [one for one in zip_codes() if one[:3] == word[:3]]
    first = min(near, key=lambda one: abs(int(one) - int(word)), default=None)
    hint = f"; did you mean {first!r} ({zip_codes()[first].city}, {zip_codes()[first].state})?" if first else ""
    raise facts.UnknownPlace(f"unknown ZIP code {place!r}{hint}")


def tract_number(place: object) -> str:
    """Return a census tract's FIPS of eleven digits; UnknownPlace where it lies in no county."""
    word = str(place).strip()
    if isinstance(place, int):
        word = word.zfill(11)
    if not (word.isdigit() and len(word) == 11):
        raise facts.UnknownPlace(f"unknown census tract {place!r}; its FIPS has eleven digits, such as '48201100000'")
    facts.find_county(word[:5])
    return word
