"""ARFF files, dense and sparse (Weka's format, https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable).

SciPy's reader keeps a missing category as the text ``?`` and refuses text; scikit-learn's is private. Both read the
values one by one as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from albench.api import DataError
from albench_datasets.textfiles import opened

_NAME = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s{]+"
_ATTRIBUTE = re.compile(rf"@attribute\s+({_NAME})\s*(.*)", re.IGNORECASE)
_VALUE = re.compile(r"\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^,'\"]*)\s*(,|$)")
_NUMBERS = ("numeric", "real", "integer")
_TEXTS = ("string", "date")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass
class Arff:
    """What an ARFF file holds.

    Attributes
    ----------
    names
        Of the columns.
    orders
        Column -> its values as they are declared; None where it is of numbers, empty where it is of text.
    cells
        Rows of text; ``?`` where a value is missing.
    lines
        The line of each row.
    """

    names: list[str]
    orders: dict[str, tuple[str, ...] | None]
    cells: list[list[str]]
    lines: list[int]


def read_arff(file: Path) -> Arff:
    """Read the whole file.

    Raises
    ------
    DataError
        Naming the line that is not ARFF, or a value that its column does not declare.
    """
    found = Arff([], {}, [], [])
    in_data = False
    with opened(file) as lines:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            where = f"{file}: line {number}"
            if not text or text.startswith("%"):
                continue
            if in_data:
                found.cells.append(_row(text, found, where))
                found.lines.append(number)
            elif text.casefold().startswith("@data"):
                in_data = True
            elif text.casefold().startswith("@attribute"):
                _declare(text, found, where)
            elif not text.casefold().startswith("@relation"):
                raise DataError(f"{where}: neither @relation, @attribute nor @data: not an ARFF file")
    if not in_data or not found.names:
        raise DataError(f"{file}: no {'@attribute' if in_data else '@data'} line: not a whole ARFF file")
    return found


def _declare(text: str, found: Arff, where: str) -> None:
    match = _ATTRIBUTE.fullmatch(text)
    if match is None:
        raise DataError(f"{where}: an attribute without a name and a type")
    name, kind = _bare(match[1]), match[2].strip()
    if name in found.orders:
        raise DataError(f"{where}: two columns are called {name}; give each a name of its own")
    word = kind.split()[0].casefold() if kind else ""
    if kind.startswith("{") and kind.endswith("}"):
        found.orders[name] = tuple(_values(kind[1:-1], where))
    elif word in _NUMBERS:
        found.orders[name] = None
    elif word in _TEXTS:
        found.orders[name] = ()
    else:
        raise DataError(
            f"{where}: column {name} is of type {kind or 'none'}; numeric, string, date or {{a,b}} are read"
        )
    found.names.append(name)


def _row(text: str, found: Arff, where: str) -> list[str]:
    values = _sparse(text, found, where) if text.startswith("{") else _values(text, where)
    if len(values) != len(found.names):
        raise DataError(f"{where}: {len(values)} values, but there are {len(found.names)} columns")
    for name, value in zip(found.names, values, strict=True):
        order = found.orders[name]
        if order and value not in order and value not in ("?", ""):
            raise DataError(f"{where}: column {name} has the value {value!r}, which its @attribute line does not name")
    return values


def _sparse(text: str, found: Arff, where: str) -> list[str]:
    """``{1 X, 3 4.2}``: what is not named is zero, or the first value that is declared."""
    values = [(order or ("0",))[0] if order is None or order else "" for order in found.orders.values()]
    for pair in _values(text.removeprefix("{").removesuffix("}"), where, pairs=True):
        place, _, value = pair.strip().partition(" ")
        if not place.isdigit() or int(place) >= len(values):
            raise DataError(f"{where}: {pair.strip()!r} names no column by its number, from 0 to {len(values) - 1}")
        values[int(place)] = _bare(value.strip())
    return values


def _values(text: str, where: str, *, pairs: bool = False) -> list[str]:
    """Values between commas, without the quotes around them."""
    if pairs:
        return [
            each for each in re.findall(r"(?:[^,'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")+", text) if each.strip()
        ]
    found, start = [], 0
    while True:
        match = _VALUE.match(text, start)
        if match is None:
            raise DataError(f"{where}: a quote that is not closed, or text beside it, at character {start + 1}")
        found.append(_bare(match[1].strip()))
        if not match[2]:
            return found
        start = match.end()


def _bare(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), text[1:-1]).strip()
    return text
