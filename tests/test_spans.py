"""Spans are sized by their rows; what is made does not depend on it."""

from healthsim_core import generate
from healthsim_core.generation import filling


def test_spans_hold_about_as_many_rows_as_is_said_and_make_the_same(profile, catalog, tmp_path, monkeypatch):
    whole = generate(profile, catalog=catalog, workspace=tmp_path)
    monkeypatch.setattr(filling, "FIRST_SPAN", 20)
    monkeypatch.setattr(filling, "SPAN_ROWS", 500)
    spans, rows = [], []
    made = filling.make

    def seen(plan, span, *others):
        one = made(plan, span, *others)
        spans.append(span)
        rows.append(sum(batch.length for batches in one.rows.values() for batch in batches))
        return one

    monkeypatch.setattr(filling, "make", seen)
    parts = generate(profile, catalog=catalog, workspace=tmp_path)
    assert parts.scenario.digest() == whole.scenario.digest()
    assert len(spans[0]) == 20
    assert len(spans) > 3
    assert all(300 < count < 800 for count in rows[1:-1])


def test_few_people_are_one_span(profile, catalog, tmp_path, monkeypatch):
    counted = []
    made = filling.make
    monkeypatch.setattr(filling, "make", lambda plan, span, *others: counted.append(span) or made(plan, span, *others))
    generate(profile, catalog=catalog, workspace=tmp_path, count=2 * filling.FIRST_SPAN)
    assert [(span.start, span.stop) for span in counted] == [(0, 2 * filling.FIRST_SPAN)]
