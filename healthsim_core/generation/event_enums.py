"""The event types of a product as an enum: `PatientEventType.DIAGNOSIS == "diagnosis"`; made when first asked for."""

from __future__ import annotations

import enum
from typing import Any

from healthsim_core import known
from healthsim_core.catalog import Catalog
from healthsim_core.errors import suggestion
from healthsim_core.generation.views import default_catalog

PRODUCTS = {
    "BaseEventType": "core",
    "PatientEventType": "patientsim",
    "MemberEventType": "membersim",
    "RxEventType": "rxmembersim",
    "TrialEventType": "trialsim",
}
"""Whose event types each enum has."""


class AbsentEventTypes:
    """The event types of a product that is not installed: whatever is asked of it says what to install."""

    def __init__(self, name: str, product: str, blame: str = ""):
        self._about = (name, product, blame)

    def __getattr__(self, word: str) -> Any:
        if word.startswith("_"):  # copying, pickling and showing ask for these, and must get a plain no
            raise AttributeError(word)
        raise self._error(f"{self._about[0]}.{word}")

    def __getitem__(self, word: str) -> Any:
        raise self._error(f"{self._about[0]}[{word!r}]")

    def __call__(self, value: object) -> Any:
        raise self._error(f"{self._about[0]}({value!r})")

    def __iter__(self) -> Any:
        raise self._error(self._about[0])

    def __repr__(self) -> str:
        return f"<{self._about[0]}: {self._about[1]} is not installed>"

    def _error(self, what: str) -> ImportError:
        name, product, blame = self._about
        package = known.package_of("product", product) or product
        return ImportError(f"{what} needs {package}, which is not installed; pip install {package}{blame}")


class _Names(enum.EnumType):
    def __getattr__(cls, word: str) -> Any:
        members = cls.__dict__.get("_member_map_", {})
        if word in members:
            return members[word]
        raise AttributeError(
            f"{cls.__name__} has no {word!r}{'' if word.startswith('_') else suggestion(word, members)}"
        )


class _EventTypes(enum.StrEnum, metaclass=_Names):
    @classmethod
    def _missing_(cls, value: object) -> None:
        words = [str(one) for one in cls]
        raise ValueError(f"{value!r} is not an event type of {cls.__name__}{suggestion(value, words)}")


def event_types_of(product: str, catalog: Catalog, name: str = "") -> type[enum.StrEnum] | AbsentEventTypes:
    """Return the event types a product declares as an enum, names upper case; AbsentEventTypes where it is not installed."""
    name = name or f"{product.capitalize()}EventType"
    if product != "core" and catalog.get("product", product) is None:
        return AbsentEventTypes(name, product, catalog.blame())
    found = [one for one in catalog.all("event type").values() if one.product == product]
    return _EventTypes(name, {one.name.upper(): one.name for one in found}, module=__name__)


_made: dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    if name not in PRODUCTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _made:
        _made[name] = event_types_of(PRODUCTS[name], default_catalog(), name)
    return _made[name]
