"""Load official files, as downloaded, into the reference database: each file whole or not at all, and again without harm."""

from __future__ import annotations

from populationsim.loading.checking import Compared, check
from populationsim.loading.database import (
    Load,
    copy_of,
    fingerprint,
    loads,
    open_reference,
    tables,
)
from populationsim.loading.kinds import KINDS, TABLES
from populationsim.loading.layouts import Kind, Limits, Progress
from populationsim.loading.running import load_file, load_places, load_reference, load_svi

__all__ = [
    "KINDS",
    "TABLES",
    "Compared",
    "Kind",
    "Limits",
    "Load",
    "Progress",
    "check",
    "copy_of",
    "fingerprint",
    "load_file",
    "load_places",
    "load_reference",
    "load_svi",
    "loads",
    "open_reference",
    "tables",
]
