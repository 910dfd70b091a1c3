"""Adherence: how far fills covered the days since a drug's first fill (PDC) and how much was supplied for them (MPR)."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Columns
from healthsim_core.events import DAY, Events
from rxmembersim.coverage import FOREVER, last_days
from rxmembersim.prescriptions import person_and_drug
from rxmembersim.reference import drugs, word_of, words_of


def kept_fills(events: Events) -> Columns | None:
    """Return the span's fills that were not taken back, by person, drug and date; None where there are none."""
    rows = events.rows("fills")
    if rows is None:
        return None
    rows = rows.take(rows["status"].isin(("dispensed",)))
    if not rows.length:
        return None
    drug = rows["ndc_code"].lookup({one.ndc_code: number for number, one in enumerate(drugs().values())}, -1, np.int64)
    rows = rows.adding(drug=drug, group=person_and_drug(rows["rx_member_id"], drug))
    return rows.take(np.lexsort((rows["fill_id"], rows["fill_date"], rows["group"])))


def covered_until(start: np.ndarray, supply: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the day (exclusive) each fill's supply lasts to, begun when the one before is used up; rows in order.

    Within a group end[i] = max(start[i], end[i-1]) + supply[i], which is a running maximum of start less earlier supply.
    """
    first = np.append(True, group[1:] != group[:-1])
    running = np.cumsum(supply)
    before = running - supply
    base = before[np.maximum.accumulate(np.where(first, np.arange(len(group)), 0))]
    lead = start - (before - base)
    # A jump between groups wider than any lead keeps one group's maximum out of the next.
    width = int(lead.max() - lead.min()) + 1
    number = np.cumsum(first)
    highest = np.maximum.accumulate(lead + number * width) - number * width
    return highest + (running - base)


def adherence_rows(events: Events) -> Columns | None:
    """Return adherence by person and drug.

    The measurement period runs from the first fill to the end of the calendar year of the last one, or of the benefit or the
    person where that ends before; PDC is the share of its days with a supply at hand (PQA), where overlapping supplies are
    used up one after the other. MPR is the supply over the days up to the last fill's own end.
    """
    fills = kept_fills(events)
    if fills is None:
        return None
    day = fills["fill_date"].astype("datetime64[D]").astype(np.int64)
    supply = fills["days_supply"]
    end = covered_until(day, supply, fills["group"])
    start = np.flatnonzero(np.append(True, fills["group"][1:] != fills["group"][:-1]))
    last = np.append(start[1:], len(day)) - 1
    total = np.add.reduceat(supply, start)
    year_end = (day[last].astype("datetime64[D]").astype("datetime64[Y]") + 1).astype("datetime64[D]").astype(np.int64)
    close = np.minimum(year_end, np.maximum(_last_day(events, fills["rx_member_id"][start]), day[last]) + 1)
    period = close - day[start]
    covered = _covered(day, end, start, last, close)
    own_period = np.maximum(day[last] + supply[last] - day[start], 1)
    drug = fills["drug"][start]
    return Columns(
        {
            "adherence_id": fills["fill_id"][start],
            "rx_member_id": fills["rx_member_id"][start],
            "drug": words_of(drug),
            "drug_class": word_of(drug, "drug_class"),
            "first_fill_date": fills["fill_date"][start],
            "last_covered_date": fills["fill_date"][start] + (end[last] - day[start] - 1) * DAY,
            "period_end_date": fills["fill_date"][start] + (period - 1) * DAY,
            "fill_count": last - start + 1,
            "period_days": period,
            "covered_days": covered,
            "pdc": covered / period,
            "mpr": total / own_period,
        }
    )


def _last_day(events: Events, entity: np.ndarray) -> np.ndarray:
    """Return the last day (since 1970) of each member's benefit, far away where it goes on."""
    last = last_days(events)
    far = np.where(np.isnat(last), FOREVER, last).astype("datetime64[D]").astype(np.int64)
    order = np.argsort(events.entity, kind="stable")
    place = np.minimum(np.searchsorted(events.entity[order], entity), len(events) - 1)
    known = events.entity[order][place] == entity
    return np.where(known, far[order][place], FOREVER.astype("datetime64[D]").astype(np.int64))


def _covered(day: np.ndarray, end: np.ndarray, start: np.ndarray, last: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Return the days with a supply of each group's fills up to its `close` (exclusive); `end` is when each supply is used up."""
    number = np.repeat(np.arange(len(start)), last - start + 1)
    first = np.zeros(len(day), bool)
    first[start] = True
    begin = np.where(first, day, np.maximum(day, np.append(0, end[:-1])))
    within = np.maximum(np.minimum(end, close[number]) - np.minimum(begin, close[number]), 0)
    return np.add.reduceat(within, start)


def supply_before(events: Events, drug: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (whether ever filled, days without supply up to the event, MPR up to it) by each event's person and drug."""
    known = np.zeros(len(events), bool)
    gap, mpr = np.full(len(events), -1, np.int64), np.zeros(len(events))
    fills = kept_fills(events)
    if fills is None:
        return known, gap, mpr
    group = person_and_drug(events.entity, drug)
    day = fills["fill_date"].astype("datetime64[D]").astype(np.int64)
    today = events.time.astype("datetime64[D]").astype(np.int64)
    end = covered_until(day, fills["days_supply"], fills["group"])
    codes = np.unique(np.concatenate([fills["group"], group]), return_inverse=True)[1].astype(np.int64)
    low = min(day.min(), today.min())
    width = int(max(day.max(), today.max()) - low) + 2
    have = codes[: len(day)] * width + day - low
    mine = codes[len(day) :]
    last = np.searchsorted(have, mine * width + today - low, side="right") - 1
    first = np.searchsorted(have, mine * width, side="left")
    known = (last >= 0) & (last >= first)
    last, first = np.maximum(last, 0), np.minimum(first, len(day) - 1)
    running = np.cumsum(fills["days_supply"])
    supplied = running[last] - running[first] + fills["days_supply"][first]
    period = np.maximum(today - day[first], 1)
    gap = np.where(known, np.maximum(today - end[last], 0), -1)
    # What lies at home for the days to come counts only up to the day itself.
    used = supplied - np.maximum(end[last] - today, 0)
    return known, gap, np.where(known, used / period, 0.0)
