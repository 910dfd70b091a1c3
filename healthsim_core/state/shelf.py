"""The shelf: saved profiles and journeys as files, `library/<kind>s/<name>/v<number>.json`, every version kept.

A version is written whole under a temporary name and then linked into place, so that two processes never share a number.
What was deleted leaves an empty `v<number>.deleted`: a number means one content for ever.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from healthsim_core.errors import HealthSimError, UserError, suggestion

FORMAT_VERSION = 1
"""The layout of the files; a file with a higher one is from a newer HealthSim."""

_FILE = re.compile(r"v([1-9][0-9]*)\.(json|deleted)")


class ShelfError(HealthSimError):
    """A saved specification could not be read or written; what was there before is untouched."""


@frozen
class Saved:
    """One version of a saved profile or journey; `specification` is its content as plain data."""

    kind: str
    name: str
    version: int
    saved_at: str
    fingerprint: str
    specification: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Return `name@version`, by which generate takes it."""
        return f"{self.name}@{self.version}"

    @property
    def title(self) -> str:
        """Return what people call it, empty where nobody said."""
        return self.specification.get("name") or ""

    @property
    def description(self) -> str:
        """Return what it is for, empty where nobody said."""
        return self.specification.get("description") or ""

    @property
    def link(self) -> dict[str, Any]:
        """Return what a scenario keeps of where its specification came from."""
        return {"kind": self.kind, "name": self.name, "version": self.version, "fingerprint": self.fingerprint}

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            **self.link,
            "saved_at": self.saved_at,
            "title": self.title,
            "description": self.description,
            "specification": dict(self.specification),
        }


def fingerprint(specification: Mapping[str, Any]) -> str:
    """Return a digest of a specification's content; the order of its keys is no part of it."""
    return hashlib.blake2b(json.dumps(specification, sort_keys=True).encode(), digest_size=16).hexdigest()


def name_key(name: str) -> str:
    """Return a saved name as it is compared and kept: lower case, `_` and `-` alike."""
    return name.strip().lower().replace("_", "-")


def name_and_version(text: str) -> tuple[str, int | None]:
    """Return the parts of `name@2`; without a number, the latest is meant."""
    name, at, number = text.rpartition("@")
    if at and re.fullmatch(r"v?[1-9][0-9]*", number):
        return name_key(name), int(number.removeprefix("v"))
    return name_key(text), None


@frozen
class Shelf:
    """A workspace's saved specifications of one kind, `profile` or `journey`."""

    root: Path
    kind: str

    @property
    def folder(self) -> Path:
        """Return the folder of the kind."""
        return self.root / "library" / f"{self.kind}s"

    def names(self) -> list[str]:
        """Return the saved names that have a version, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and self.versions(path.name))

    def versions(self, name: str) -> list[int]:
        """Return the numbers of a name's versions, rising; empty where there is none."""
        return self._numbers(name, "json")

    def find(self, text: str) -> Saved | None:
        """Return what `name` (the latest) or `name@version` stands for; None where nothing of that name is saved."""
        name, version = name_and_version(text)
        return self.get(name, version) if name in self.names() else None

    def get(self, name: str, version: int | None = None) -> Saved:
        """Return a version, by default the latest; UserError where there is none."""
        name, found = name_key(name), self.versions(name_key(name))
        if not found:
            raise UserError(f"no saved {self.kind} {name!r}{suggestion(name, self.names())}")
        if version is not None and version not in found:
            there = ", ".join(map(str, found))
            raise UserError(f"{self.kind} {name!r} has no version {version}; there are: {there}")
        return self._read(name, found[-1] if version is None else version)

    def put(self, name: str, specification: Mapping[str, Any]) -> tuple[Saved, bool]:
        """Return the saved version and whether it is new; the latest where that has the same content."""
        mark = fingerprint(specification)
        while True:
            found = self.versions(name)
            if found and (latest := self._read(name, found[-1])).fingerprint == mark:
                return latest, False
            number = max(self._numbers(name, "json") + self._numbers(name, "deleted"), default=0) + 1
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            saved = Saved(self.kind, name, number, now, mark, specification)
            with contextlib.suppress(FileExistsError):  # another process took the number
                self._write(saved)
                return saved, True

    def remove(self, name: str, version: int | None = None) -> list[int]:
        """Delete a version, or all of a name, and return their numbers; UserError where there is none."""
        saved_name = name_key(name)
        gone = self.versions(saved_name)
        if version is not None or not gone:
            gone = [self.get(saved_name, version).version]
        folder = self.folder / saved_name
        try:
            for number in gone:
                (folder / f"v{number}.deleted").touch(mode=0o600)
                (folder / f"v{number}.json").unlink(missing_ok=True)
        except OSError as error:
            raise ShelfError(f"cannot delete {self.kind} {name!r}: {error.strerror or error}") from error
        return gone

    def _numbers(self, name: str, ending: str) -> list[int]:
        folder = self.folder / name
        if not name or not folder.is_dir():
            return []
        matches = (_FILE.fullmatch(path.name) for path in folder.iterdir())
        return sorted(int(match[1]) for match in matches if match and match[2] == ending)

    def _read(self, name: str, version: int) -> Saved:
        path = self.folder / name / f"v{version}.json"
        try:
            data = json.loads(path.read_text("utf-8"))
            if data["format"] > FORMAT_VERSION:
                raise ShelfError(f"{self.kind} {name!r} was saved by a newer HealthSim; upgrade to read it")
            specification = data["specification"]
            return Saved(self.kind, name, version, data["saved_at"], fingerprint(specification), specification)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ShelfError(f"cannot read {self.kind} {name!r} ({path}): {type(error).__name__}: {error}") from error

    def _write(self, saved: Saved) -> None:
        """Put a new version in place; FileExistsError where its number is taken."""
        folder = self.folder / saved.name
        content = {"format": FORMAT_VERSION, **saved.to_dict()}
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, partial = tempfile.mkstemp(prefix=".", suffix=".partial", dir=folder)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.link(partial, folder / f"v{saved.version}.json")
            finally:
                os.unlink(partial)
        except FileExistsError:
            raise
        except OSError as error:
            raise ShelfError(f"cannot save {self.kind} {saved.name!r}: {error.strerror or error}") from error
