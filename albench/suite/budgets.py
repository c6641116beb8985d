"""Several budgets in one suite: lists of ``initial``, ``query_size`` and ``rounds``, or budgets named one by one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from albench.errors import SuiteError
from albench.suite.protocol import Protocol, protocol
from albench.wording import budget_text, listed

_FORM = re.compile(r"([^+\s]+)\s*\+\s*(\d+)\s*x\s*([^+\s]+)", re.ASCII)


class Budget(NamedTuple):
    """The part of a protocol that says how many labels are bought, and when."""

    initial: str
    query_size: str
    rounds: int

    def __str__(self) -> str:
        return budget_text(*self)


SETTINGS = Budget._fields
"""Settings of the protocol that may be lists."""


def parse_budget(text: str) -> Budget:
    """``20+5x10``: 20 labels to start with, then 5 queries of 10, and so 6 rounds. Amounts may be shares.

    Raises
    ------
    SuiteError
        With the form.
    """
    match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or not int(match[2]):
        raise SuiteError(
            f"budget '{text}': write INITIAL+QUERIESxSIZE, as 20+5x10 for 20 labels to start with and 5 queries of 10."
        )
    return Budget(match[1], match[3], int(match[2]) + 1)


def with_settings(
    settings: Mapping[str, Any],
    base: Protocol,
    budgets: Sequence[Budget] = (),
    named: str | Iterable[str] = (),
) -> tuple[Protocol, tuple[Budget, ...]]:
    """A protocol and its budgets with some settings changed.

    Lists are combined as a grid: each value of one with each of the others, and with what ``budgets`` has of the
    settings that are not among them.

    Parameters
    ----------
    settings
        As for ``albench.suite.protocol.protocol``, where each of ``SETTINGS`` may be several values: a list, or a text
        with commas.
    base, budgets
        What they change; no budgets where the protocol's own is the only one.
    named
        Budgets as ``20+5x10``, in the place of all that there are.

    Returns
    -------
    The protocol with the first budget, and all budgets where they are several.

    Raises
    ------
    SuiteError
        Where a value is wrong or twice there, or the budgets are said in both ways.
    """
    lists = {name: _values(name, settings[name]) for name in SETTINGS if settings.get(name) is not None}
    listed_ones = [parse_budget(text) for text in ([named] if isinstance(named, str) else named)]
    if listed_ones and lists:
        raise SuiteError(f"a budget and {listed([*lists])} say the same: leave one of them out.")
    others = {name: value for name, value in settings.items() if name not in SETTINGS}
    starts: Sequence[Budget] = listed_ones or budgets or [Budget(base.initial, base.query_size, base.rounds)]
    made = [
        protocol({**others, **start._asdict(), **dict(zip(lists, values, strict=True))}, base)
        for values in itertools.product(*lists.values())
        for start in starts
    ]
    found = [Budget(each.initial, each.query_size, each.rounds) for each in made]
    if len(set(found)) < len(listed_ones):
        twice = next(budget for budget in found if found.count(budget) > 1)
        raise SuiteError(f"the budget {twice} is named twice.")
    several = tuple(dict.fromkeys(found))
    return made[0], several if len(several) > 1 else ()


def _values(name: str, value: Any) -> list[Any]:
    """One value or several, each once."""
    if isinstance(value, str):
        values: list[Any] = value.split(",")
    elif isinstance(value, Iterable) and not isinstance(value, Mapping | bytes):
        values = list(value)
    else:
        values = [value]
    if not values or any(isinstance(one, list | tuple | Mapping) for one in values):
        raise SuiteError(f"{name} takes a value or a list of them, as {name}: [20, 100].")
    texts = [str(one).strip() for one in values]
    for text in texts:
        if texts.count(text) > 1:
            raise SuiteError(f"{name} names {text} twice.")
    return texts
