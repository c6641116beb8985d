"""What a draw of the first labels knows: classes that it holds by rule, and that labels at random would miss."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from albench.compare.own_rows import OwnRows
from albench.compare.tables import Group, Remark
from albench.wording import listed

COLUMN = "given_classes"
"""The frame's column that holds ``given_classes`` of each trial."""
OFTEN = 0.05
"""Share of random draws without a class from which on a reader has to know that the draw was not random."""
_NAMED = 4
"""Classes that a note names; it counts the others."""


def given_classes(class_names: Sequence[str], counts: Sequence[int], initial: int) -> str:
    """The classes that first labels drawn at random would miss in one of twenty draws and more; empty where none.

    Parameters
    ----------
    class_names, counts
        (C,) names, and items of each class in the pool.
    initial
        First labels.

    Returns
    -------
    As in ``grade 3 in 12 %, grade 4 in 43 % of draws``: hypergeometric, without replacement.
    """
    total = sum(counts)
    missed = {name: _missed(total, n, initial) for name, n in zip(class_names, counts, strict=True) if n}
    named = [f"{name} in {share:.0%}".replace("%", " %") for name, share in missed.items() if share >= OFTEN]
    return f"{listed(named, _NAMED)} of draws" if named else ""


def _missed(total: int, n: int, drawn: int) -> float:
    """Chance that of ``total`` items ``drawn`` ones hold none of ``n``."""
    if drawn > total - n:
        return 0.0
    return math.exp(_ordered(total - n, drawn) - _ordered(total, drawn))


def _ordered(total: int, drawn: int) -> float:
    """Logarithm of the ways to draw items one after the other."""
    return math.lgamma(total + 1) - math.lgamma(total - drawn + 1)


def with_draw(group: Group, own: OwnRows) -> Group:
    """The group with the classes that its first labels hold by rule."""
    given = own.told(COLUMN)
    return dataclasses.replace(group, given_classes=given) if given else group


def draw_notes(groups: Sequence[Group], places: Sequence[str]) -> list[Remark]:
    """That the first labels know more than a user's would, a note a group where it matters."""
    return [
        Remark(
            f"the first {group.n_labeled[0]:,} labels hold every class by rule; drawn at random they would miss "
            f"{group.given_classes}.",
            place,
            limits=True,
            hint="(--initial-draw random starts as one does who has no labels.)",
        )
        for group, place in zip(groups, places, strict=True)
        if group.given_classes
    ]
