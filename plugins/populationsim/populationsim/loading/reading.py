"""A file as a publisher offers it: CSV with or without preamble, in UTF-8 or latin-1, zipped, or a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from healthsim_core.errors import UserError
from populationsim.loading.layouts import Form, Kind, Progress
from populationsim.loading.spreadsheet import write_csv

CHUNK = 1 << 22
UNPACKING = "healthsim-init-"
"""How the folders begin in which archives are unpacked."""
PREAMBLE = 200
"""Lines within which the header must stand: SAHIE's preamble has about 80."""
LAST = 1 << 16
"""Bytes within which the last line must stand."""


@frozen
class Content:
    """What one pass over a file tells."""

    sha256: str
    encoding: str


@frozen
class Table:
    """Where the rows of a file stand and how to read them."""

    path: Path
    form: Form
    columns: tuple[str, ...]
    skip: int
    delimiter: str
    encoding: str

    @property
    def sql(self) -> str:
        """Return the SQL that reads the file, every column as text; torn lines are passed over."""
        columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in self.columns)
        # Literals, for a script of several statements takes no parameters.
        return (
            f"read_csv({_literal(str(self.path))}, columns = {{{columns}}}, header = true, skip = {self.skip}, "
            f"delim = {_literal(self.delimiter)}, quote = '\"', escape = '\"', encoding = '{self.encoding}', "
            "auto_detect = false, null_padding = false, ignore_errors = true, strict_mode = false)"
        )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def survey(path: Path, progress: Progress) -> Content:
    """Return a file's SHA-256 and its encoding: utf-8, or latin-1 where the bytes are no UTF-8."""
    digest, decoder, encoding = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), "utf-8"
    size, done = max(path.stat().st_size, 1), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                done += len(chunk)
                progress(f"reading {path.name}", done / size)
                if encoding == "utf-8" and path.suffix.lower() not in (".zip", ".xlsx"):
                    try:
                        decoder.decode(chunk)
                    except UnicodeDecodeError:
                        encoding = "latin-1"
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    return Content(digest.hexdigest(), encoding)


@contextmanager
def unpacked(path: Path, kind: Kind, beside: Path | None, progress: Progress) -> Iterator[Path]:
    """Give a plain CSV file: the path itself, the member of an archive, or a spreadsheet's first sheet."""
    if path.suffix.lower() not in (".zip", ".xlsx"):
        yield path
        return
    with TemporaryDirectory(prefix=UNPACKING, dir=beside) as folder:
        try:
            if path.suffix.lower() == ".xlsx":
                plain = Path(folder) / f"{path.stem}.csv"
                write_csv(path, plain)
            else:
                plain = _member(path, kind, Path(folder), progress)
        except (zipfile.BadZipFile, KeyError, zlib.error, EOFError) as error:
            raise UserError(f"cannot read {path}: it is damaged or no {path.suffix[1:]} file") from error
        except OSError as error:
            raise UserError(f"cannot unpack {path} in {folder}: {error.strerror}") from error
        yield plain


def _member(path: Path, kind: Kind, folder: Path, progress: Progress) -> Path:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if re.search(kind.member, Path(name).name)]
        if not names:
            raise UserError(f"{path} holds no {kind.title}")
        chosen = max(names, key=lambda name: archive.getinfo(name).file_size)
        plain = folder / Path(chosen).name
        size, free = archive.getinfo(chosen).file_size, shutil.disk_usage(folder).free
        if size > free:
            raise UserError(
                f"{path} takes {size / 1e9:.1f} GB when unpacked, and {folder.parent} has {free / 1e9:.1f} GB; make room, or "
                "unpack it elsewhere and load the CSV file"
            )
        done = 0
        with archive.open(chosen) as source, plain.open("wb") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
                done += len(chunk)
                progress(f"unpacking {plain.name}", done / size)
    return plain


def table_of(path: Path, kind: Kind, encoding: str, said: Path) -> Table:
    """Return how to read a file; UserError with the missing columns where it is not of the kind. `said` is its name."""
    with path.open("rb") as file:
        raw = [line for line, _ in zip(file, range(PREAMBLE), strict=False)]
    lines = [line.decode(encoding, "replace").removeprefix("\ufeff") for line in raw]
    best: tuple[int, Form, list[str]] | None = None
    for form in kind.forms:
        wanted = list(form.wanted())
        for number, line in enumerate(lines):
            delimiter = max(",;\t|", key=line.count)
            there = _fields(line, delimiter)
            known = {folded(name) for name in there}
            missing = [name for name in wanted if folded(name) not in known]
            if not missing:
                return Table(path, form, _unique(_renamed(there, wanted)), number, delimiter, encoding)
            if best is None or len(missing) - len(wanted) < best[0]:
                best = (len(missing) - len(wanted), form, missing)
    raise UserError(f"{said} is not a {kind.title}: " + _lacking(best, kind))


def breaks_off(table: Table) -> bool:
    """Return whether the last line has no end and fewer fields than the header: the file was cut off on its way."""
    with table.path.open("rb") as file:
        file.seek(max(file.seek(0, io.SEEK_END) - LAST, 0))
        last = file.read().decode(table.encoding, "replace").rpartition("\n")[2]
    return bool(last) and len(_fields(last, table.delimiter)) < len(table.columns)


def _lacking(best: tuple[int, Form, list[str]] | None, kind: Kind) -> str:
    if best is None:
        return "it is empty"
    return f"missing columns {', '.join(best[2])}"


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader(io.StringIO(line), delimiter=delimiter), [])]
    except csv.Error:
        return []


def folded(name: str) -> str:
    """Return a column's name as publishers agree on it: their programs' interfaces write `facility_id` for `Facility ID`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _renamed(names: list[str], wanted: list[str]) -> list[str]:
    """Return a file's columns under the names that we know them by."""
    known = {folded(name): name for name in wanted}
    return [known.get(folded(name), name) for name in names]


def _unique(names: list[str]) -> tuple[str, ...]:
    """Return column names that DuckDB takes: none empty, none twice, whatever the case."""
    seen: set[str] = set()
    result = []
    for number, name in enumerate(names):
        one = name if name and name.casefold() not in seen else f"{name}#{number}"
        seen.add(one.casefold())
        result.append(one)
    return tuple(result)
