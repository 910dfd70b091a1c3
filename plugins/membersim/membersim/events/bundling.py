"""Lines that belong together: tests that make a panel, services a claim has already, and the giving of vaccines."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events
from membersim.events.deciding import total
from membersim.reference import of_plan
from membersim.reference.services import COMPREHENSIVE, LIVER, METABOLIC, lab_services, vaccine_services

ADULT = 19
"""From this age on vaccines are given as to adults."""
ELDER = 65
"""From this age on some vaccines are of a higher dose."""


def service_lines(events: Events, row: np.ndarray, code: Coded, **more: Array) -> Columns:
    """Return a line for each of `row`, positions in `events`; one unit on the day of service where `more` says nothing else."""
    n = len(row)
    return Columns(
        {
            "row": row,
            "code": code,
            "modifier": Coded.constant(None, n),
            "units": np.ones(n, np.int64),
            "day": events["service_time"][row],
            "panel": Coded.constant(None, n),
            "vaccine": Coded.constant(None, n),
            "daily": np.zeros(n, bool),
            **more,
        }
    )


def age_at(events: Events) -> np.ndarray:
    """Return ages in years on the day of service, 40 where nobody knows."""
    if not events.has_person("birth_date"):
        return np.full(len(events), 40.0)
    return np.nan_to_num((events["service_time"] - events.person("birth_date")) / (365.2425 * DAY), nan=40)


def with_panels(lines: Columns) -> Columns:
    """Return the lines with single tests replaced by the panel they make up."""
    enough = {one.panel_code: one.panel_from for one in lab_services().values() if one.panel_code}
    code, owner, panel = lines["code"], lines["owner"], lines["panel"]
    size = int(owner.max(initial=-1)) + 1
    whole = {}
    for place, word in enumerate(panel.words):
        rows = np.flatnonzero(panel.codes == place)
        if not len(rows):
            continue
        pairs = np.unique(np.stack([owner[rows], code.codes[rows].astype(np.int64)]), axis=1)
        whole[word] = np.bincount(pairs[0], minlength=size) >= enough[word]
        hit = rows[whole[word][owner[rows]]]
        mask = np.ones(len(owner), bool)
        mask[hit] = False
        code = code.where(mask, Coded.constant(word, len(owner)))
    if METABOLIC in whole and LIVER in whole:
        both = (whole[METABOLIC] & whole[LIVER])[owner] & code.isin([METABOLIC, LIVER])
        code = code.where(~both, Coded.constant(COMPREHENSIVE, len(owner)))
    return lines.adding(code=code)


def once(lines: Columns) -> Columns:
    """Return the lines without services that their claim has already, but for daily ones."""
    owner, code = lines["owner"], lines["code"].codes.astype(np.int64)
    mark = np.where(lines["daily"], -np.arange(len(owner)) - 1, code)
    order = np.lexsort((np.arange(len(owner)), mark, owner))
    same = np.zeros(len(owner), bool)
    same[order[1:]] = (np.diff(owner[order]) == 0) & (np.diff(mark[order]) == 0)
    return lines.take(np.flatnonzero(~same))


GIVEN_BY_MEDICARE = {
    "G0008": ("influenza", "influenza_high_dose"),
    "G0009": ("pneumococcal_20",),
    "G0010": ("hepatitis_b",),
}
"""What Medicare wants for the giving of vaccines it pays for by law, by the vaccines; each is billed once."""
_PRODUCTS = {
    "G0008": ("90656", "90657", "90658", "90661", "90662", "90673", "90674", "90686", "90688", "90694"),
    "G0009": ("90670", "90671", "90677", "90732"),
    "G0010": ("90739", "90740", "90744", "90746"),
}
"""The products by their numbers, for claims that list them."""


def with_giving(lines: Columns, leads: Events) -> Columns:
    """Return the lines with those of giving the vaccines that are on them, by numbers that suit the payer and the age."""
    medicare = of_plan(leads["plan"], "coverage_type").isin(["Medicare"])
    child = age_at(leads) < ADULT
    lines = _suited(lines, medicare, child)
    facts = vaccine_services()
    shots = np.flatnonzero(lines["vaccine"].codes >= 0)
    if not len(shots):
        return lines
    vaccine, owner = lines["vaccine"][shots], lines["owner"][shots]
    young = child[owner]
    route = {way: vaccine.isin([name for name, one in facts.items() if one.route == way]) for way in ("oral", "covid")}
    parts = vaccine.lookup({name: one.components for name, one in facts.items()}, 1, np.int64)
    by_law = {code: medicare[owner] & ~young & vaccine.isin(names) for code, names in GIVEN_BY_MEDICARE.items()}
    usual = ~young & ~route["oral"] & ~route["covid"] & ~np.any(list(by_law.values()), axis=0)

    def count(rows: np.ndarray, weight: np.ndarray | int = 1) -> np.ndarray:
        return total(np.where(rows, weight, 0), owner, len(leads))

    young &= ~route["covid"]
    batches = [lines]
    for code, units in (
        ("90480", count(route["covid"])),
        *((code, np.minimum(count(rows), 1)) for code, rows in by_law.items()),
        ("90460", count(young)),
        ("90461", count(young, parts - 1)),
        ("90471", np.minimum(count(usual), 1)),
        ("90472", np.maximum(count(usual) - 1, 0)),
        ("90473", count(~child[owner] & route["oral"])),
    ):
        rows = np.flatnonzero(units > 0)
        made = service_lines(leads, rows, Coded.constant(code, len(rows)), units=units[rows])
        batches.append(made.adding(owner=rows))
    return stack(batches)


def _suited(lines: Columns, medicare: np.ndarray, child: np.ndarray) -> Columns:
    """Return the lines with 90471, where a visit lists it, as the payer and the age want it."""
    code, owner = lines["code"], lines["owner"]
    listed = code.isin(["90471"]) & (lines["vaccine"].codes < 0)
    if not listed.any():
        return lines
    code = code.where(~(listed & child[owner]), Coded.constant("90460", len(owner)))
    for giving, products in _PRODUCTS.items():
        there = np.bincount(owner, weights=code.isin(products), minlength=len(medicare)) > 0
        rows = listed & (medicare & there & ~child)[owner] & code.isin(["90471"])
        code = code.where(~rows, Coded.constant(giving, len(owner)))
    return lines.adding(code=code)


_VISITS = ("992", "9938", "9939", "G0402", "G0438", "G0439")
_GIVING = ("90460", "90471", "90473", "90480", *GIVEN_BY_MEDICARE)
_SURGERY = tuple("123456")
_THERAPY = ("970", "971", "975")
WAIVED = ("80061", "81003", "82274", "82947", "83036", "85018", "85610", "87804", "87880")
"""Tests that practices do with waived devices, as a modifier says."""
_REMOTE = ("02", "10")


def with_modifiers(lines: Columns, leads: Events) -> Columns:
    """Return the lines of practices with the modifiers payers ask for, where they have none.

    25 is a visit beside a vaccination or a small operation, 95 a visit by video, GP physical therapy, QW a waived test.
    """
    owner, code, modifier = lines["owner"], lines["code"], lines["modifier"]

    def begins(starts: tuple[str, ...]) -> np.ndarray:
        return code.lookup({word: word.startswith(starts) for word in code.words}, False, bool)

    visit = begins(_VISITS)
    beside = (
        np.bincount(owner, weights=begins(_GIVING) | begins(_SURGERY) & ~begins(("36415",)), minlength=len(leads)) > 0
    )
    remote = leads["place_code"].isin(_REMOTE)
    practice = leads["billing_role"].isin(["practice"])[owner] & (modifier.codes < 0)
    for word, rows in (
        ("25", visit & beside[owner]),
        ("95", visit & remote[owner] & ~beside[owner]),
        ("GP", begins(_THERAPY)),
        ("QW", code.isin(WAIVED)),
    ):
        modifier = modifier.where(~(rows & practice), Coded.constant(word, len(owner)))
    return lines.adding(modifier=modifier)
