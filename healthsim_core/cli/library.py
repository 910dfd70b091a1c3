"""`healthsim profile` and `healthsim journey`: the library of saved specifications."""

from __future__ import annotations

from pathlib import Path

import click

from healthsim_core.cli import printing
from healthsim_core.errors import UserError
from healthsim_core.state.library import Library, library
from healthsim_core.state.shelf import name_key

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _row(one, shelf: Library) -> dict:
    row = {key: value for key, value in one.to_dict().items() if key not in ("specification", "kind")}
    return {**row, "versions": shelf.shelf.versions(one.name), "hidden": shelf.hidden(one.name)}


def _print_list(found: list, mine: Library, as_json: bool) -> None:
    rows = [_row(one, mine) for one in found]
    if as_json:
        printing.as_json(rows)
    elif rows:
        printing.table(
            ("name", "version", "saved", "title", "description"),
            [
                (
                    row["name"] + (" (hidden by a template)" if row["hidden"] else ""),
                    row["version"],
                    f"{row['saved_at'][:19]}Z",
                    row["title"],
                    row["description"],
                )
                for row in rows
            ],
        )
    else:
        click.echo(f"no saved {mine.kind}s")


def _show(mine: Library, name: str, as_json: bool) -> None:
    saved, made = mine.load(name), mine.scenarios(name)
    if as_json:
        printing.as_json({**_row(saved, mine), "scenarios": made})
        return
    click.echo(f"{saved.label}: {saved.title or saved.name}")
    if saved.description:
        click.echo(saved.description)
    for number in mine.shelf.versions(saved.name):
        click.echo(f"version {number}, saved {mine.load(saved.name, number).saved_at[:19]}Z")
    if not made:
        click.echo("no scenario came from it")
        return
    click.echo()
    rows = [(one["scenario"], one["version"], one["people"], f"{one['at'][:19]}Z") for one in made]
    printing.table(("scenario", "version", "people", "made"), rows)


def _group(kind: str) -> click.Group:
    """Return the commands on saved specifications of a kind."""

    @click.group(
        kind,
        help=f"Save, load, list, search, check and delete {kind}s; a saved name stands for its {kind} in generate.",
    )
    def group() -> None:
        pass

    @group.command("save", help=f"Save SPEC, a file or the name of a template or saved {kind}; checked, and versioned.")
    @click.argument("specification", metavar="SPEC")
    @click.option("--name", help="Under which name; by default its id, or the file's name.")
    @_JSON
    def save(specification: str, name: str | None, as_json: bool) -> None:
        kept = library(kind).save(specification, name)
        if as_json:
            link = {**kept.saved.link, "saved_at": kept.saved.saved_at}
            printing.as_json({**link, "new": kept.is_new, "notices": list(kept.notices)})
            return
        what = "saved" if kept.is_new else "nothing changed; it is"
        click.echo(f"{what} {kind} {kept.saved.name} version {kept.saved.version}")
        for notice in kept.notices:
            click.echo(f"note: {notice}")

    @group.command("load", help=f"Print a saved {kind}, or write it to a file, to be edited and saved again.")
    @click.argument("name")
    @click.option("--version", type=click.IntRange(1), help="Which version; by default the latest.")
    @click.option(
        "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file; JSON. Refused if it is there."
    )
    @_JSON
    def load(name: str, version: int | None, out: Path | None, as_json: bool) -> None:
        saved = library(kind).load(name, version)
        if out is not None:
            _write(out, saved.specification)
            click.echo(f"wrote {saved.label} to {out}", err=as_json)
        if as_json:
            printing.as_json(saved.to_dict())
        elif out is None:
            printing.as_json(saved.specification)

    @group.command("show", help=f"Show a saved {kind}: its versions, and the scenarios made from it.")
    @click.argument("name")
    @_JSON
    def show(name: str, as_json: bool) -> None:
        _show(library(kind), name, as_json)

    @group.command("list", help=f"List the saved {kind}s, each in its latest version.")
    @click.option("--filter", "text", help="Only names that contain this text.")
    @click.option("--sort", type=click.Choice(["name", "updated"]), default="name", help="What comes first.")
    @click.option("--limit", type=click.IntRange(1), help="At most so many.")
    @_JSON
    def list_(text: str | None, sort: str, limit: int | None, as_json: bool) -> None:
        mine = library(kind)
        found, unreadable = mine.listed(text, sort, limit)
        _print_list(found, mine, as_json)
        for problem in unreadable:
            click.echo(f"warning: {problem}", err=True)

    @group.command("search", help=f"List the saved {kind}s in whose name, title or description all WORDS stand.")
    @click.argument("words", nargs=-1, required=True)
    @_JSON
    def search(words: tuple[str, ...], as_json: bool) -> None:
        mine = library(kind)
        _print_list(mine.search(" ".join(words)), mine, as_json)

    @group.command(
        "validate", help=f"Check SPEC, a file or the name of a template or saved {kind}; ends with 2 if it is wrong."
    )
    @click.argument("specification", metavar="SPEC")
    @_JSON
    def validate(specification: str, as_json: bool) -> None:
        _validate(kind, specification, as_json)

    @group.command("delete", help=f"Delete a saved {kind}, or one version of it. Scenarios made from it stay.")
    @click.argument("name")
    @click.option("--version", type=click.IntRange(1), help="Only this version.")
    @click.option("--yes", is_flag=True, help="Do it without asking.")
    @_JSON
    def delete(name: str, version: int | None, yes: bool, as_json: bool) -> None:
        try:
            gone = library(kind).delete(name, version, yes)
        except UserError as error:
            raise UserError(str(error).replace("confirm to do it", "add --yes to do it")) from None
        if as_json:
            printing.as_json({"name": name_key(name.partition("@")[0]), "deleted": gone})
        else:
            click.echo(f"deleted {kind} {name}: version{'s' * (len(gone) > 1)} {', '.join(map(str, gone))}")

    return group


profile_command = _group("profile")
journey_command = _group("journey")


def _validate(kind: str, specification: str, as_json: bool) -> None:
    from healthsim_core.errors import SpecificationError

    try:
        checked = library(kind).check(specification)
    except SpecificationError as error:
        if not as_json:
            raise
        problems = [{"path": one.path, "message": one.message} for one in error.problems]
        printing.as_json({"valid": False, "problems": problems, "notices": []})
        raise SystemExit(error.exit_code) from None
    if as_json:
        printing.as_json({"valid": True, "problems": [], "notices": list(checked.notices)})
        return
    click.echo(f"{specification}: nothing wrong")
    for notice in checked.notices:
        click.echo(f"note: {notice}")


def _write(path: Path, specification) -> None:
    import json

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(specification, indent=2, ensure_ascii=False) + "\n")
    except FileExistsError:
        raise UserError(f"{path} exists already; choose another file") from None
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
