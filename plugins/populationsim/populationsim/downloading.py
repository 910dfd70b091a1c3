"""Fetch official files from their publishers: with a time limit, resumed where it broke off, checked by size and digest."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from healthsim_core.errors import UserError
from populationsim import facts
from populationsim.loading import KINDS
from populationsim.loading.layouts import Progress, silent, year_of

TIMEOUT = 30.0
"""Seconds without a byte after which a publisher counts as out of reach."""
TRIES = 3
"""How often a transfer that broke off is taken up again before we give up."""
CHUNK = 1 << 18
AGENT = "healthsim-init"
USUAL = ("places", "svi", "population", "sex_race", "sahie", "cbsa", "hospitals")
"""What `--download` fetches unless it is told: all by county; tracts and providers are large."""


@frozen
class Fetched:
    """A file that was fetched, or was there already."""

    path: Path
    vintage: str | None
    new: bool


class _Broken(Exception):
    """A transfer that ended before its end."""


def sources() -> Mapping[str, Mapping[str, str]]:
    """Return where each kind of file comes from, by kind."""
    return {one["kind"]: one for one in facts.rows("downloads.csv")}


def fetch(
    kind: str, folder: Path, progress: Progress = silent, mirror: str | None = None, timeout: float = TIMEOUT
) -> Fetched:
    """Return the file of a kind in `folder`, fetched unless the one there is still the publisher's.

    `mirror` is an address that has the files under the names of `downloads.csv`. UserError says what to do where the
    publisher is out of reach.
    """
    source = sources()[kind]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source["file"]
    url = urllib.parse.urljoin(mirror.rstrip("/") + "/", source["file"]) if mirror else source["url"]
    try:
        if source["find"] and not mirror:
            url = _last_link(url, source["find"], timeout)
        found = _transfer(url, target, progress, timeout)
    except (OSError, http.client.HTTPException, _Broken) as error:
        raise _unreached(kind, url, source, error) from error
    _verify(target, source["sha256"], url)
    return Fetched(target, source["vintage"] or _vintage(found), found["new"])


def _unreached(kind: str, url: str, source: Mapping[str, str], error: Exception) -> UserError:
    host = urllib.parse.urlsplit(url).netloc
    if isinstance(error, urllib.error.HTTPError):
        why = f"{url} answers {error.code} {error.reason}"
    elif isinstance(error, _Broken):
        why = f"the transfer from {host} broke off {TRIES} times ({error}); run it again to go on where it stopped"
    else:
        reason = getattr(error, "reason", None) or error
        why = f"cannot reach {host} ({reason}); is there internet here?"
    return UserError(
        f"{KINDS[kind].title}: {why}\n  or download it by hand from {source['page']} and load it with "
        f"healthsim init {KINDS[kind].option} FILE"
    )


def _open(url: str, timeout: float, headers: Mapping[str, str] | None = None):
    # Only web addresses: urllib would read file: as well.
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise UserError(f"{url}: expected an address that begins with http:// or https://")
    return urllib.request.urlopen(
        urllib.request.Request(url, headers={"User-Agent": AGENT, **(headers or {})}), timeout=timeout
    )


def _last_link(page: str, pattern: str, timeout: float) -> str:
    """Return the address of the file that a page names and that is the newest by month and year."""
    with _open(page, timeout) as answer:
        names = sorted(set(re.findall(pattern, answer.read().decode("utf-8", "replace"))))
    if not names:
        raise UserError(f"{page} names no file such as {pattern}; download it by hand and give it with its option")
    months = "January February March April May June July August September October November December".split()

    def age(name: str) -> tuple[int, int]:
        year = re.search(r"20\d\d", name)
        month = next((number for number, word in enumerate(months) if word in name), -1)
        return int(year[0]) if year else 0, month

    return urllib.parse.urljoin(page, max(names, key=age))


def _transfer(url: str, target: Path, progress: Progress, timeout: float) -> dict[str, Any]:
    """Bring a file here and return what is noted of it; a part that is here already is gone on with."""
    notes = target.with_name(target.name + ".json")
    part = target.with_name(target.name + ".part")
    tags = target.with_name(target.name + ".part.tag")
    known = json.loads(notes.read_text()) if notes.is_file() and target.is_file() else {}
    broken: Exception | None = None
    for _ in range(TRIES):
        try:
            found = _attempt(url, part, tags, known, progress, timeout)
        except (_Broken, http.client.IncompleteRead, TimeoutError, ConnectionError) as error:
            broken = error
            continue
        if found is None:
            return {**known, "new": False}
        part.replace(target)
        tags.unlink(missing_ok=True)
        notes.write_text(json.dumps(found, indent=2) + "\n")
        return {**found, "new": True}
    if not part.exists() and broken is not None and not isinstance(broken, _Broken):
        raise broken
    raise _Broken(str(broken) or type(broken).__name__)


def _attempt(
    url: str, part: Path, tags: Path, known: Mapping[str, Any], progress: Progress, timeout: float
) -> dict[str, Any] | None:
    """Fetch what is lacking; None where the file we have is still the publisher's."""
    have = part.stat().st_size if part.exists() else 0
    headers = {}
    if have and tags.is_file():
        # If-Range: the rest of the same file, or all of a newer one.
        headers = {"Range": f"bytes={have}-", "If-Range": tags.read_text()}
    elif known.get("tag"):
        headers = (
            {"If-None-Match": known["tag"]}
            if known["tag"].startswith(('"', "W/"))
            else {"If-Modified-Since": known["tag"]}
        )
    try:
        with _open(url, timeout, headers) as answer:
            return _receive(answer, part, tags, have, progress)
    except urllib.error.HTTPError as error:
        if error.code == 304:
            return None
        if error.code == 416:
            part.unlink(missing_ok=True)
            raise _Broken("the part that was here is longer than the file") from error
        raise


def _receive(answer, part: Path, tags: Path, have: int, progress: Progress) -> dict[str, Any]:
    headers = answer.headers
    tag = headers.get("ETag") or headers.get("Last-Modified") or ""
    begun = have if answer.status == 206 else 0
    length = headers.get("Content-Length")
    total = begun + int(length) if length and length.isdigit() else None
    if tag and not tag.startswith("W/"):
        tags.write_text(tag)
    done, name = begun, part.name.removesuffix(".part")
    with _writing(part), part.open("ab" if begun else "wb", buffering=0) as file:
        while chunk := _read(answer):
            file.write(chunk)
            done += len(chunk)
            progress(f"fetching {name}", done / total if total else None)
    if total is not None and done != total:
        raise _Broken(f"{done:,} of {total:,} bytes came")
    named = re.search(r'filename="?([^";]+)', headers.get("Content-Disposition") or "")
    return {"url": answer.url, "bytes": done, "tag": tag, "name": named[1] if named else ""}


@contextmanager
def _writing(part: Path) -> Iterator[None]:
    """Tell a disk that is full or forbidden from a transfer that broke off."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {part}: {error.strerror}; make room and run it again to go on") from error


def _read(answer) -> bytes:
    try:
        return answer.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(str(error) or type(error).__name__) from error


def _vintage(found: Mapping[str, Any]) -> str | None:
    """Return the year that the publisher's own name of the file says."""
    return year_of(Path(found.get("name") or urllib.parse.urlsplit(found.get("url", "")).path))


def _verify(path: Path, expected: str, url: str) -> None:
    if not expected:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != expected:
        path.unlink()
        raise UserError(
            f"{url}: what came is not the file that is known (SHA-256 {digest[:16]}…); nothing of it was loaded. Where the "
            "publisher has revised it, fetch it by hand, look at it and load it from the file"
        )
