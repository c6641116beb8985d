"""What is tuned, as it is written: names of settings and method options, each with its values or its range."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from albench.components.spec import as_text
from albench.components.values import whole
from albench.errors import SuiteError

MOST_TRIES = 12
"""Tries of each row where the protocol names no number and there is more to try."""
LOG = ":log"
_FORM = "write values, as lr=0.01,0.03,0.1, or a range, as lr=0.001..0.1:log"
_RANGE_KEYS = ("low", "high", "log")


@dataclass(frozen=True)
class Range:
    """All numbers between two.

    Attributes
    ----------
    log
        Whether they are drawn on a log scale.
    whole
        Whether they are whole numbers: what is tuned says so, not the text.
    """

    low: str
    high: str
    log: bool = False
    whole: bool = False

    def __str__(self) -> str:
        return f"{self.low}..{self.high}{LOG if self.log else ''}"


Values = tuple[str, ...] | Range
"""What is tried of one name: texts, as they would be typed, or a range."""


def written(given: Any) -> str:
    """What is tuned as one text, the same however it was given.

    Parameters
    ----------
    given
        ``{"lr": [0.01, 0.1], "weight_decay": {"low": 1e-5, "high": 1e-2, "log": True}}``, ``"lr=0.01,0.1"``, several
        of them after ``;``, or a list of such texts.

    Raises
    ------
    SuiteError
        Naming what is none of these.
    """
    found: dict[str, Values] = {}
    for name, value in _pairs(given):
        if name in found:
            raise SuiteError(f"tune names {name} twice.")
        found[name] = _values(name, value)
    return "; ".join(
        f"{name}={values if isinstance(values, Range) else ','.join(values)}" for name, values in sorted(found.items())
    )


def read(text: str) -> dict[str, Values]:
    """Name -> what is tried of it."""
    return {name: _values(name, value) for name, value in _pairs(text)}


def _pairs(given: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(given, Mapping):
        yield from ((str(name).strip(), value) for name, value in given.items())
        return
    if not isinstance(given, str | list | tuple):
        raise SuiteError(f"tune {given!r}: {_FORM}.")
    for text in [given] if isinstance(given, str) else given:
        for part in str(text).split(";"):
            name, equals, value = part.strip().partition("=")
            if not equals or not name.strip():
                if part.strip():
                    raise SuiteError(f"tune {part.strip()}: {_FORM}.")
                continue
            yield name.strip(), value


def _values(name: str, given: Any) -> Values:
    if isinstance(given, str) and ".." in given:
        low, _, high = given.removesuffix(LOG).partition("..")
        return _range(name, low, high, given.endswith(LOG))
    if isinstance(given, Mapping):
        unknown = [key for key in given if key not in _RANGE_KEYS]
        if unknown or not {"low", "high"} <= {*given}:
            raise SuiteError(f"tune {name}: a range is {{low: 0.001, high: 0.1, log: true}}.")
        log = as_text(given.get("log", False)).lower()
        if log not in ("true", "false"):
            raise SuiteError(f"tune {name}: log is true or false.")
        return _range(name, as_text(given["low"]), as_text(given["high"]), log == "true")
    items = given.split(",") if isinstance(given, str) else given
    if not isinstance(items, Iterable) or any(isinstance(item, Mapping | list) for item in items):
        raise SuiteError(f"tune {name}: {_FORM}.")
    values = tuple(_plain(as_text(item)) for item in items)
    if any(not value or set(value) & {";", "="} for value in values):
        raise SuiteError(f"tune {name}: {_FORM}.")
    if len(set(values)) < len(values):
        raise SuiteError(f"tune {name}: {', '.join(values)} names a value twice.")
    if len(values) < 2:
        raise SuiteError(f"tune {name}: one value leaves nothing to choose; write two or more, or set it.")
    return values


def _range(name: str, low: str, high: str, log: bool) -> Range:
    try:
        numbers = float(low), float(high)
    except ValueError:
        raise SuiteError(f"tune {name}: {low}..{high} is no range of numbers; {_FORM}.") from None
    if not all(map(math.isfinite, numbers)) or not numbers[0] < numbers[1] or (log and numbers[0] <= 0):
        above = ", above 0 for a log scale" if log else ""
        raise SuiteError(f"tune {name}: {low}..{high}: a range goes from a number to a larger one{above}.")
    return Range(_plain(low), _plain(high), log)


def _plain(text: str) -> str:
    """One number has one text: ``1e-3`` and ``0.0010`` are ``0.001``."""
    text = text.strip()
    if not text.isascii() or not any(char.isdigit() for char in text):
        return text
    count = whole(text)
    if count is not None:
        return str(count)
    try:
        return repr(float(text))
    except ValueError:
        return text


def combinations(tune: str) -> float:
    """How many combinations of values the row with the most of them has; infinite where a range is among them."""
    common, own = 1.0, defaultdict[str, float](lambda: 1.0)
    for name, values in read(tune).items():
        count = math.inf if isinstance(values, Range) else len(values)
        method, dot, _ = name.rpartition(".")
        if dot:
            own[method] *= count
        else:
            common *= count
    return common * max(own.values(), default=1.0)


def n_tries(tune: str, tries: int) -> int:
    """Tries of each row: as many as the protocol says, else as its values combine to and at most ``MOST_TRIES``."""
    return tries or int(min(MOST_TRIES, combinations(tune)))
