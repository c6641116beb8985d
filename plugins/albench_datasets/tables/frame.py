"""A table in memory: columns of numbers or of text, with what is missing marked as such."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from albench.api import DataError
from albench_datasets.group_names import bare
from albench_datasets.imagefolder_names import printable
from albench_datasets.spelling import composed

MISSING = "?;NA;N/A;#N/A;NaN;nan;NULL;null;<null>"
"""What stands for a missing value beside an empty cell, where the user says nothing."""
SHOWN = 12
"""Columns that a line names."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_CODE = re.compile(r"0\d+")
_CODES = re.compile(r"^\s*0\d+\s*$", re.MULTILINE)
_OTHER = re.compile(r"[^0-9.eE+\-\s]|^$")
_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    values
        (N,) float64 with NaN where a number is missing, or (N,) object: text, None where it is missing.
    order
        The values that text may have, in the order in which the file declares them; empty where it declares none.
    """

    values: np.ndarray
    order: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return bool(self.values.dtype.kind == "f")

    @property
    def missing(self) -> np.ndarray:
        """(N,) bool."""
        if self.is_number:
            return np.isnan(self.values)
        return np.array([value is None for value in self.values], bool)

    def as_text(self) -> Column:
        """The same values as text: 3.0 is ``3``."""
        if not self.is_number:
            return self
        texts = [None if np.isnan(value) else f"{value:.17g}" for value in self.values]
        return Column(np.array(texts, object))


@dataclass(frozen=True)
class Frame:
    """Rows and columns, and where each row stands.

    Attributes
    ----------
    columns
        Name -> column, in the order of the file.
    part
        (N,) the split of each row, or "" where the file does not say it.
    rows
        (N,) what each row is called, such as ``line 7``.
    files
        Split -> what to call its source in an error.
    """

    columns: dict[str, Column]
    part: np.ndarray
    rows: np.ndarray
    files: dict[str, str]

    def __len__(self) -> int:
        return len(self.part)

    @property
    def where(self) -> str:
        """What to call the first source."""
        return next(iter(self.files.values()))

    def at(self, row: int) -> str:
        """Where a row stands, for an error."""
        return f"{self.files.get(str(self.part[row]), self.where)}: {self.rows[row]}"

    def only(self, keep: np.ndarray) -> Frame:
        """Some of its rows, by a mask."""
        columns = {name: replace(each, values=each.values[keep]) for name, each in self.columns.items()}
        return replace(self, columns=columns, part=self.part[keep], rows=self.rows[keep])

    def without(self, names: Iterable[str]) -> Frame:
        """All columns but these."""
        gone = set(names)
        return replace(self, columns={name: each for name, each in self.columns.items() if name not in gone})


def listed(names: Iterable[str]) -> str:
    """Names for a line: the first ones, and how many more."""
    every = [printable(name) for name in names]
    more = f" and {len(every) - SHOWN:,} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more


def find_column(typed: str, names: Sequence[str], where: str, option: str) -> str:
    """The column that a user means: by its name, else by its place from 1 on, or from the end: -1 is the last.

    Raises
    ------
    DataError
        Naming the nearest column.
    """
    text = composed(typed.strip())
    if text in names:
        return text
    if re.fullmatch(r"[+-]?\d+", text):
        place = int(text)
        if 1 <= place <= len(names):
            return names[place - 1]
        if -len(names) <= place <= -1:
            return names[place]
        raise DataError(f"{where}: {option}={typed}: it has {len(names)} columns, counted from 1; -1 is the last")
    alike = [name for name in names if bare(name) == bare(text) and bare(text)]
    if len(alike) == 1:
        return alike[0]
    import difflib

    close = difflib.get_close_matches(text.casefold(), [name.casefold() for name in names], n=1, cutoff=0.6)
    meant = next((name for name in names if close and name.casefold() == close[0]), None)
    hint = f"did you mean {printable(meant)}? " if meant else ""
    raise DataError(f"{where}: {option}={typed}: no such column; {hint}it has {listed(names)}")


def find_columns(typed: str, names: Sequence[str], where: str, option: str) -> tuple[str, ...]:
    """The columns of a list with semicolons."""
    found = (find_column(each, names, where, option) for each in typed.split(";") if each.strip())
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Reading:
    """How text becomes values.

    Attributes
    ----------
    missing
        What stands for a missing value.
    comma
        Whether numbers have a decimal comma.
    texts
        Columns that are text whatever they hold.
    """

    missing: frozenset[str]
    comma: bool = False
    texts: frozenset[str] = frozenset()


def typed_columns(cells: Mapping[str, Sequence[str]], how: Reading) -> tuple[dict[str, Column], tuple[str, ...]]:
    """Columns of text as numbers where all of their values are some, and what a user may want to know of that.

    Numbers with leading zeros, as of postcodes, are text.
    """
    columns, notices = {}, []
    for name, values in cells.items():
        plain = None if name in how.texts else _plain_numbers(values, how)
        if plain is not None:
            columns[name] = Column(plain)
            continue
        stripped = _without_quotes([composed(value.strip()) for value in values])
        present = {value for value in stripped if value and value not in how.missing}
        numbers = {value: value.replace(",", ".") if how.comma else value for value in present}
        unlike = [value for value, number in numbers.items() if not _NUMBER.fullmatch(number)]
        codes = any(_CODE.fullmatch(value) for value in present)
        if present and not unlike and not codes and name not in how.texts:
            of = {value: float(number) for value, number in numbers.items()}
            columns[name] = Column(np.array([of.get(value, np.nan) for value in stripped], np.float64))
            continue
        columns[name] = Column(np.array([value if value in present else None for value in stripped], object))
        if name not in how.texts and unlike:
            notices += _nearly_numbers(name, stripped, set(unlike), present)
    return columns, tuple(notices)


def _plain_numbers(values: Sequence[str], how: Reading) -> np.ndarray | None:
    """(N,) float64 where nothing but numbers is there and none is missing, which is quickly seen; else None."""
    every = "\n".join(values)
    marks = any(not _OTHER.search(mark) for mark in how.missing)
    if how.comma or marks or _OTHER.search(every) or _CODES.search(every):
        return None
    try:
        return np.array([float(value) for value in values], np.float64)
    except ValueError:  # an empty cell, or signs in no order
        return None


def _nearly_numbers(name: str, values: Sequence[str], unlike: set[str], present: set[str]) -> list[str]:
    """A line for a column that one or two words keep from being one of numbers."""
    if all(_COMMA.fullmatch(value) or _NUMBER.fullmatch(value) for value in present):
        return [f"column {printable(name)} is read as text, and looks like numbers with a comma: decimal=comma"]
    if len(unlike) > 2 or len(present) < 10:
        return []
    words = " and ".join(repr(word) for word in sorted(unlike))
    count = sum(value in unlike for value in values)
    return [
        f"column {printable(name)} is read as categories, as {count:,} of its values are {words}: where these stand "
        f"for missing values, add them to missing="
    ]


def _without_quotes(values: list[str]) -> list[str]:
    """Values without the single quotes that some writers put around all of them."""
    quoted = [len(value) > 1 and value[0] == value[-1] == "'" for value in values]
    if not any(quoted) or not all(is_so or value in ("", "?") for is_so, value in zip(quoted, values, strict=True)):
        return values
    return [value[1:-1].strip() if is_so else value for is_so, value in zip(quoted, values, strict=True)]
