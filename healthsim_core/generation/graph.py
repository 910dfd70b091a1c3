"""Order things by what they need from each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Cycle(ValueError):
    """Things that need each other in a circle; `path` names them, the first again at the end."""

    def __init__(self, path: list[str]):
        self.path = path
        super().__init__(" → ".join(path))


def ordered(names: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return `names` so that each comes after what it needs, otherwise in the order given; Cycle where there is none."""
    names = list(names)
    known = set(names)
    done: list[str] = []
    placed: set[str] = set()
    walking: list[str] = []

    def visit(name: str) -> None:
        if name in placed:
            return
        if name in walking:
            raise Cycle([*walking[walking.index(name) :], name])
        walking.append(name)
        for need in needs.get(name, ()):
            if need in known:
                visit(need)
        walking.pop()
        placed.add(name)
        done.append(name)

    for name in names:
        visit(name)
    return done
