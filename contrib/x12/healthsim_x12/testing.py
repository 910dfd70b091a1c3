"""Somebody else's judgement of X12 files: pyx12, and the balances it does not look at."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path


def judge(path: Path) -> list[str]:
    """Return every error pyx12 finds in a file; needs the extra `testing`."""
    import pyx12.params
    import pyx12.x12n_document

    said = io.StringIO()
    try:
        valid = pyx12.x12n_document.x12n_document(pyx12.params.params(), str(path), None, None, fd_json=said)
    # It falls over some faults, e.g. a composite with too many components or a version it has no map of.
    except Exception as error:
        return [f"pyx12 fails: {type(error).__name__}: {error}"]
    errors = list(_errors(json.loads(said.getvalue() or "{}")))
    if not valid and not errors:
        errors.append("pyx12 calls the file invalid without saying why")
    return errors


def _errors(node: object, where: str = "") -> Iterator[str]:
    """Yield the errors anywhere in pyx12's JSON report."""
    if isinstance(node, dict):
        here = node.get("seg_id") or node.get("segment_id") or where
        for key, value in node.items():
            if key == "errors" and isinstance(value, list):
                for one in value:
                    yield f"{here}: {json.dumps(one)}"
            else:
                yield from _errors(value, str(here))
    elif isinstance(node, list):
        for one in node:
            yield from _errors(one, where)


def segments(path: Path) -> list[list[str]]:
    """Return a file's segments, each as its elements."""
    return [one.strip().split("*") for one in path.read_text().split("~") if one.strip()]
