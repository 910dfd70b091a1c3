"""Run the blocks of a page of the docs in order, as a reader would, and compare what comes out with what the page shows.

- ```` ```console ````: lines after `$ ` are run (a trailing backslash continues them); the lines below are what they print.
- ```` ```python ````: run as a script; a ```` ```text ```` block right after it is what it prints.
- A block with `title=FILE` is written to that file instead; with `append`, to its end. A ```` ```diff title=FILE ```` changes it.
- Other blocks are only read. A line `…` stands for any lines; seconds, bytes and widths of columns are not compared.

`python tests/support/walkthrough.py PAGE …` puts what is printed now in the place of what a page shows, where they differ.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from attrs import define, field

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
ELSEWHERE = ("sh", "text", "diff", "sql", "markdown", "json", "py", "yaml", "toml")
MORE = "…"


@define
class Block:
    """One fenced block of a page."""

    language: str
    info: list[str]
    text: str
    span: tuple[int, int]
    """Where its text stands in the page."""

    @property
    def title(self) -> str | None:
        return next((word.removeprefix("title=") for word in self.info if word.startswith("title=")), None)


@define
class Step:
    """Something that was run: what the page shows of its output, what it printed, where the page shows it."""

    what: str
    shown: str
    printed: str
    code: int
    span: tuple[int, int] | None
    """None: the page shows nothing, and what was printed does not matter."""

    @property
    def passed(self) -> bool:
        return self.span is None or matches(self.shown, self.printed)


@define
class Walk:
    """A folder in which a page is walked through."""

    folder: Path
    environment: dict[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        tools, site = self.folder / ".tools", self.folder / ".site"
        tools.mkdir()
        site.mkdir()
        for name, call in {
            "healthsim": "-c 'from healthsim_core.cli import main; main(prog_name=\"healthsim\")'",
            "python": "",
            "pytest": f"-m pytest -p no:cacheprovider {_fixtures()}",
            "pip": f"{shlex.quote(str(Path(__file__)))} --pip",
        }.items():
            tool = tools / name
            tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {call} "$@"\n')
            tool.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(tools), os.environ.get("PATH", "")]),
            "PYTHONPATH": os.pathsep.join([str(site), *(one for one in sys.path if one and not one.endswith("/support"))]),
            "HEALTHSIM_HOME": str(self.folder / ".home"),
            "WALK_SITE": str(site),
            "COLUMNS": "200",
        }  # fmt: skip

    def run(self, command: str) -> tuple[str, int]:
        """Return what a line of the shell prints, and its exit code."""
        words = ["bash", "-c", f"set -o pipefail; {command}"]
        done = subprocess.run(words, cwd=self.folder, env=self.environment, text=True, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        return done.stdout, done.returncode

    def page(self, text: str) -> list[Step]:
        """Return the steps of a page, each run."""
        found: list[Step] = []
        blocks = [Block(one[1], one[2].split(), one[3], one.span(3)) for one in BLOCK.finditer(text)]
        for number, block in enumerate(blocks):
            after = blocks[number + 1] if number + 1 < len(blocks) else None
            if block.title:
                self._write(block)
            elif block.language == "console":
                found += self._console(block)
            elif block.language == "python":
                (self.folder / ".block.py").write_text(block.text, encoding="utf-8")
                printed, code = self.run("python .block.py")
                shows = (
                    after is not None
                    and after.language == "text"
                    and not text[block.span[1] + 3 : after.span[0] - 8].strip()
                )
                found.append(
                    Step(
                        block.text.strip().splitlines()[0],
                        after.text if shows else "",
                        printed,
                        code,
                        after.span if shows else None,
                    )
                )
            elif block.language not in ELSEWHERE:
                raise ValueError(f"a block of {block.language!r} is neither run nor written nor known as text")
        return found

    def _console(self, block: Block) -> list[Step]:
        steps, at = [], block.span[0]
        parts = re.split(r"^(\$ (?:.*\\\n)*.*\n)", block.text, flags=re.M)
        at += len(parts[0])
        for command, shown in zip(parts[1::2], parts[2::2], strict=True):
            start = at + len(command)
            at = start + len(shown)
            printed, code = self.run(command[2:])
            steps.append(Step(command.strip(), shown, printed, code, (start, at) if shown.strip() else None))
        return steps

    def _write(self, block: Block) -> None:
        path = self.folder / block.title
        if block.language == "diff":
            old, new = (
                "".join(line[1:] or "\n" for line in block.text.splitlines(True) if line[0] in kept)
                for kept in (" -\n", " +\n")
            )
            content = path.read_text("utf-8")
            if content.count(old) != 1:
                raise ValueError(f"{block.title}: the lines to change stand there {content.count(old)} times:\n{old}")
            path.write_text(content.replace(old, new), encoding="utf-8")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if "append" in block.info else "w", encoding="utf-8") as file:
            file.write(("\n\n" if "append" in block.info else "") + block.text)


def _fixtures() -> str:
    """Return how pytest finds HealthSim's fixtures: by entry point where core is installed, else by name."""
    import importlib.metadata

    installed = importlib.metadata.entry_points(group="pytest11", name="healthsim")
    return "" if installed else "-p healthsim_core.testing.fixtures"


def plain(line: str) -> str:
    """Return a line without what differs from run to run or with what else is installed: seconds, bytes, widths, rules."""
    line = re.sub(r"\d+\.\d+ ?s\b", "# s", re.sub(r"[\d,]+ bytes", "# bytes", line))
    return re.sub(r"-{3,}", "---", " ".join(line.split()))


def matches(shown: str, printed: str) -> bool:
    """Return whether a page shows what was printed; `…` on a line of its own stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*" if plain(line) == MORE else re.escape(plain(line)).replace(MORE, ".*") + r"\n"
        for line in shown.strip("\n").splitlines()
    )
    return re.fullmatch(pattern, "".join(f"{plain(line)}\n" for line in printed.strip("\n").splitlines())) is not None


def problems(page: Path, folder: Path) -> list[str]:
    """Return what fails when a page is walked through in an empty folder."""
    found = []
    for step in Walk(folder).page(page.read_text("utf-8")):
        if step.code != 0 and not step.shown.startswith("error: "):
            found.append(f"{step.what}\nended with {step.code}:\n{step.printed}")
        elif not step.passed:
            found.append(f"{step.what}\nshown:\n{step.shown}\nprinted:\n{step.printed}")
    return found


def install(arguments: list[str]) -> None:
    """Stand in for `pip install -e FOLDER`, which would need the network: its modules and entry points, found from now on."""
    folder = Path(
        next(one for one in arguments if not one.startswith("-") and one != "install").split("[")[0]
    ).resolve()
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    site = Path(os.environ["WALK_SITE"])
    about = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in entries.items())
             for group, entries in project["entry-points"].items()]  # fmt: skip
    (about / "entry_points.txt").write_text("\n".join(lines))
    for package in folder.glob("*/__init__.py"):
        (site / package.parent.name).symlink_to(package.parent)


def refresh(page: Path) -> None:
    """Put what is printed now in the place of what a page shows, where they differ."""
    text = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        steps = Walk(Path(folder)).page(text)
    for step in reversed(steps):
        if step.code != 0:
            print(f"{page}: {step.what} ended with {step.code}:\n{step.printed}")
        if not step.passed:
            print(f"{page}: {step.what}: refreshed")
            text = text[: step.span[0]] + step.printed.strip("\n") + "\n" + text[step.span[1] :]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pip"]:
        install(sys.argv[2:])
    else:
        for name in sys.argv[1:]:
            refresh(Path(name))
