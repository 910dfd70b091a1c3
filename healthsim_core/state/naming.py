"""Names of scenarios made from what they are about: `{keywords}-{YYYYMMDD}`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from healthsim_core.state.store import Store, sanitize_name

LONGEST_KEYWORDS = 40
"""Characters of the keywords in a name."""

_STOP_WORDS = frozenset(
    """
    a about above add after all also am an and any are as at be because been before being below between both but by can
    could create created creating data dataset did do does doing down during each entities few for from further generate
    generated generating generation get give had has have having he her here hers him his how i if in into is it its
    just let like make made me more most my need new no nor not now of off on once only or other our out over own please
    records same sample samples save scenario she should show simulate simulated simulation so some such synthetic test
    demo example testing training than that the their them then there these they this those through to too under until up us use used using
    very want was we were what when where which while who whom why will with would you your
    """.split()
)


def now() -> datetime.datetime:
    """Return the time of the clock, in UTC; the one place where saving asks for it."""
    return datetime.datetime.now(datetime.UTC)


def extract_keywords(text: str, most: int = 3) -> list[str]:
    """Return the first words of a text that say what it is about: no stop words, none twice, in lower case."""
    words = [word.strip("-") for word in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", text.lower().replace("'", ""))]
    telling = [word for word in words if word not in _STOP_WORDS and (len(word) > 1 or word.isdigit())]
    return list(dict.fromkeys(telling))[:most]


def generate_scenario_name(
    context: str | None = None, entity_types: Iterable[str] = (), day: datetime.date | None = None
) -> str:
    """Return `{keywords}-{YYYYMMDD}` for a context; without one the types of the entities are the keywords."""
    keywords = extract_keywords(context or "") or [sanitize_name(one) for one in list(entity_types)[:2]] or ["scenario"]
    while len(keywords) > 1 and len("-".join(keywords)) > LONGEST_KEYWORDS:
        keywords = keywords[:-1]
    stem = sanitize_name("-".join(keywords))[:LONGEST_KEYWORDS].strip("-")
    return f"{stem}-{(day or now().date()):%Y%m%d}"


def ensure_unique_name(name: str, taken: Iterable[str] | Store | None = None) -> str:
    """Return a name, or the first of `name-2`, `name-3` … that is not taken (by default in the workspace)."""
    names = set((taken or Store()).names() if taken is None or isinstance(taken, Store) else taken)
    if name not in names:
        return name
    return next(f"{name}-{number}" for number in range(2, len(names) + 3) if f"{name}-{number}" not in names)


__all__ = ["ensure_unique_name", "extract_keywords", "generate_scenario_name", "now", "sanitize_name"]
