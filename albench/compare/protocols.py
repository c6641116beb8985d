"""Groups of one data set: what tells their protocols apart, and which of them stand for it beside other data sets."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from albench.wording import budget_text, listed

if TYPE_CHECKING:
    from albench.compare.blocks import CurveBlock

PREFIX = "protocol."
"""Columns of the frame that hold a protocol's settings."""
BUDGET = ("initial", "query_size", "rounds")
"""Settings that say how many labels are bought, and when."""


def settings_of(part: pd.DataFrame) -> dict[str, str]:
    """The settings of the protocol that all rows of a group share, as a person types them; those that are known."""
    first = part.iloc[0]
    names = [name for name in part.columns if name.startswith(PREFIX)]
    return {name.removeprefix(PREFIX): _written(first[name]) for name in names if pd.notna(first[name])}


def _written(value: Any) -> str:
    """A column with gaps holds whole numbers as floats."""
    return f"{value:.12g}" if isinstance(value, float) else str(value) or "none"


_UNDER_HASH = re.compile(r" \(data [0-9a-f]{8}\)$")


def under_hash(dataset: str, data_hash: str) -> str:
    """The name of a data set of which there are several, apart by what they hold: ``pool (data 1f3b5a2c)``."""
    return f"{dataset} (data {data_hash[:8]})"


def one_data_set(groups: Sequence[CurveBlock]) -> list[list[int]]:
    """Places of the groups of one data set: those that hold the same, and those that hold what came after it.

    Data that changed behind a name are shown apart, but are no second data set that speaks for a claim; nor are the
    same items read at another size or through another encoder.
    """
    members: list[tuple[list[int], set[Hashable]]] = []
    for at, curves in enumerate(groups):
        names: set[Hashable] = {_name(curves), *filter(None, (curves.data_hash, curves.items))}
        same = [known for known in members if known[1] & names]
        members = [known for known in members if not known[1] & names]
        places = [place for known in same for place in known[0]]
        members.append((sorted([*places, at]), names.union(*(known[1] for known in same))))
    return sorted(places for places, _ in members)


def _name(curves: CurveBlock) -> tuple[str, str]:
    """The data set's name, whatever its data have become since."""
    return _UNDER_HASH.sub("", curves.dataset), curves.stand_in


def told_apart(groups: Sequence[CurveBlock]) -> list[CurveBlock]:
    """The same groups, each with what tells it from the others of its data set: ``setup`` and ``budget``."""
    members = defaultdict(list)
    for curves in groups:
        members[curves.dataset, curves.stand_in].append(curves)
    return [
        dataclasses.replace(curves, setup=setup, budget=budget)
        for curves in groups
        for setup, budget in [_setup(curves, members[curves.dataset, curves.stand_in])]
    ]


def _setup(curves: CurveBlock, beside: Sequence[CurveBlock]) -> tuple[str, str]:
    """``20+5x10, lr=0.1`` and ``20+5x10``; empty where a group is alone.

    The protocol's hash where settings are not known or do not tell.
    """
    if len(beside) < 2:
        return "", ""
    names = dict.fromkeys(name for other in beside for name in other.settings)
    differ = [n for n in names if len({other.settings[n] for other in beside if n in other.settings}) > 1]
    texts = [_typed(other, differ) for other in beside]
    text, budget = _typed(curves, differ)
    if not text or texts.count((text, budget)) > 1:
        text = ", ".join(filter(None, [text, f"protocol {curves.protocol}"]))
    return text, budget


def _typed(curves: CurveBlock, names: Sequence[str]) -> tuple[str, str]:
    """The named settings as they are typed, with the budget first where it is among them; and the budget."""
    budget = budget_of(curves.settings) if any(name in BUDGET for name in names) else ""
    others = [f"{n}={curves.settings[n]}" for n in names if n in curves.settings and not (budget and n in BUDGET)]
    return ", ".join([*filter(None, [budget]), *others]), budget


def budget_of(settings: Mapping[str, str]) -> str:
    """``20+5x10``; empty where it is not known."""
    known = [settings[name] for name in BUDGET if name in settings]
    if len(known) < len(BUDGET) or not known[2].isdecimal():
        return ""
    return budget_text(known[0], known[1], int(known[2]))


def one_each(groups: Sequence[CurveBlock]) -> tuple[list[list[int]], list[str]]:
    """Which groups stand for each data set beside others, and notes on data sets that have several.

    A data set under several protocols is there with the one that most data sets have; where two are equally common it
    is left out: neither is more right, and both together would count the data set twice. One that is read in several
    ways, as through two encoders, is there with all of them, as their mean.

    Returns
    -------
    The places of a data set's groups, a list each, in the order of the first ones; and the notes.
    """
    members = one_data_set(groups)
    common = Counter(curves.protocol for curves in groups)
    chosen, notes = [], []
    for places in members:
        most = max(common[groups[at].protocol] for at in places)
        best = [at for at in places if common[groups[at].protocol] == most]
        alike = len({groups[at].protocol for at in best}) == 1 and len({_name(groups[at]) for at in best}) == len(best)
        chosen += [best] if alike else []
        if len(places) > 1 and len(members) > 1:
            named = "; ".join(place_of(groups[at]) for at in places)
            counts = _counting(groups, best if alike else [], places)
            notes.append(f"{named}: one data set, so over data sets {counts}.")
    return sorted(chosen), notes


def _counting(groups: Sequence[CurveBlock], chosen: Sequence[int], places: Sequence[int]) -> str:
    """Which groups of a data set count, of all that it has."""
    if not chosen:
        return "none of them counts"
    if len(chosen) == len(places):
        return "their mean counts"
    return f"only {joint_name([place_of(groups[at]) for at in chosen])} counts"


def joint_name(names: Sequence[str]) -> str:
    """What the groups that stand for one data set are called: ``a`` alone, ``the mean of a and b``."""
    return names[0] if len(names) == 1 else f"the mean of {listed(names)}"


def place_of(curves: CurveBlock) -> str:
    """How notes name a group: its data set, with what tells it from the others of that name."""
    return f"{curves.dataset} ({curves.setup})" if curves.setup else curves.dataset
