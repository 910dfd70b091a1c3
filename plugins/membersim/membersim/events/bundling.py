"""Lines that belong together: tests that make a panel, services a claim has already, and the giving of vaccines."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events
from membersim.events.deciding import total
from membersim.reference.services import COMPREHENSIVE, LIVER, METABOLIC, lab_services, vaccine_services

ADULT = 19
"""From this age on vaccines are given as to adults."""


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


def with_giving(lines: Columns, leads: Events) -> Columns:
    """Return the lines with those of giving the vaccines that are on them."""
    facts = vaccine_services()
    shots = np.flatnonzero(lines["vaccine"].codes >= 0)
    if not len(shots):
        return lines
    vaccine, owner = lines["vaccine"][shots], lines["owner"][shots]
    child = (age_at(leads) < ADULT)[owner]
    route = {way: vaccine.isin([name for name, one in facts.items() if one.route == way]) for way in ("oral", "covid")}
    parts = vaccine.lookup({name: one.components for name, one in facts.items()}, 1, np.int64)
    usual = ~child & ~route["oral"] & ~route["covid"]

    def count(rows: np.ndarray, weight: np.ndarray | int = 1) -> np.ndarray:
        return total(np.where(rows, weight, 0), owner, len(leads))

    young = child & ~route["covid"]
    batches = [lines]
    for code, units in (
        ("90480", count(route["covid"])),
        ("90460", count(young)),
        ("90461", count(young, parts - 1)),
        ("90471", np.minimum(count(usual), 1)),
        ("90472", np.maximum(count(usual) - 1, 0)),
        ("90473", count(~child & route["oral"])),
    ):
        rows = np.flatnonzero(units > 0)
        made = service_lines(leads, rows, Coded.constant(code, len(rows)), units=units[rows])
        batches.append(made.adding(owner=rows))
    return stack(batches)
