"""Columns: named arrays of equal length, the shape in which all data travels from specification to DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from attrs import define, frozen


@frozen
class Span:
    """The units `start` (included) to `stop` (excluded); a unit is a household, or a person where there are none."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@define(eq=False)
class Coded:
    """Text as small integers: `codes` (int32, -1 is missing) index into `words` (an object array of distinct str)."""

    codes: np.ndarray
    words: np.ndarray

    def __init__(self, codes: np.ndarray, words: Iterable[str]):
        self.codes = np.asarray(codes, dtype=np.int32)
        self.words = words if isinstance(words, np.ndarray) else np.array(list(words), dtype=object)

    @classmethod
    def constant(cls, word: str | None, length: int) -> Coded:
        """Return `length` copies of one word (or of nothing, for None)."""
        if word is None:
            return cls(np.full(length, -1, np.int32), [])
        return cls(np.zeros(length, np.int32), [word])

    @classmethod
    def encode(cls, texts: Iterable[str | None]) -> Coded:
        """Return texts as codes; words are sorted, None becomes -1. For small inputs."""
        texts = np.array(list(texts), dtype=object)
        known = np.array([text is not None for text in texts], dtype=bool)
        words, inverse = np.unique(texts[known].astype(str), return_inverse=True)
        codes = np.full(len(texts), -1, np.int32)
        codes[known] = inverse
        return cls(codes, words.astype(object))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index) -> Coded:
        return Coded(self.codes[index], self.words)

    def decode(self) -> np.ndarray:
        """Return an object array of str, None where missing."""
        if len(self.words) == 0:
            return np.full(len(self.codes), None, dtype=object)
        return np.where(self.codes >= 0, self.words[self.codes], None)

    def lookup(self, values: Mapping[str, object], default=None, dtype=None) -> np.ndarray:
        """Return `values[word]` for every row, `default` where a word is not in `values` or is missing."""
        table = np.array([values.get(word, default) for word in self.words] + [default], dtype=dtype)
        return table[self.codes]

    def recode(self, words: Mapping[str, str | None]) -> Coded:
        """Return the column with every word replaced by `words[word]`; a word it lacks becomes missing."""
        targets = sorted({target for target in (words.get(word) for word in self.words) if target is not None})
        place = {target: code for code, target in enumerate(targets)}
        return Coded(self.lookup({word: place.get(words.get(word), -1) for word in self.words}, -1, np.int32), targets)

    def isin(self, values: Iterable[object]) -> np.ndarray:
        """Return where the word is one of `values` (bool); missing is never."""
        wanted = set(values)
        return self.lookup({word: word in wanted for word in self.words}, False, bool)

    def where(self, mask: np.ndarray, other: Coded) -> Coded:
        """Return this column where `mask`, `other` elsewhere."""
        words, (own, others) = _united([self, other])
        return Coded(np.where(mask, own, others), words)


Array = np.ndarray | Coded


def concatenate(arrays: list[Array]) -> Array:
    """Join columns end to end; words of coded columns are united in order of first appearance."""
    if len(arrays) == 1:
        return arrays[0]
    if not any(isinstance(array, Coded) for array in arrays):
        return np.concatenate(arrays)
    words, codes = _united(arrays)
    return Coded(np.concatenate(codes), words)


def _united(arrays: list[Coded]) -> tuple[list[str], list[np.ndarray]]:
    """Return all words in order of first appearance, and each column's codes of them."""
    place: dict[str, int] = {}
    codes = []
    for array in arrays:
        remap = [place.setdefault(word, len(place)) for word in array.words]
        same = remap == list(range(len(remap)))
        codes.append(array.codes if same else np.array([*remap, -1], dtype=np.int32)[array.codes])
    return list(place), codes


class Columns(Mapping[str, Array]):
    """Named columns of one length, immutable; a value is a numpy array or `Coded`."""

    def __init__(self, columns: Mapping[str, Array] | None = None, length: int | None = None):
        self._columns = dict(columns or {})
        lengths = {name: len(column) for name, column in self._columns.items()}
        if length is None:
            length = next(iter(lengths.values()), 0)
        wrong = {name: n for name, n in lengths.items() if n != length}
        if wrong:
            raise ValueError(f"columns of unequal length: {lengths}")
        self.length = length

    def __getitem__(self, name: str) -> Array:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Return the number of columns; `length` is the number of rows."""
        return len(self._columns)

    def take(self, index: np.ndarray) -> Columns:
        """Return the rows at `index` (positions or a boolean mask), in that order."""
        if index.dtype == bool:
            index = np.flatnonzero(index)
        return Columns({name: column[index] for name, column in self._columns.items()}, len(index))

    def adding(self, **columns: Array) -> Columns:
        """Return these columns and others; a name given again is replaced."""
        return Columns({**self._columns, **columns}, self.length)


def stack(batches: list[Columns]) -> Columns:
    """Join batches with the same column names end to end."""
    if len(batches) == 1:
        return batches[0]
    names = batches[0].keys()
    return Columns(
        {name: concatenate([batch[name] for batch in batches]) for name in names},
        sum(batch.length for batch in batches),
    )
