"""What every row of a page is called and how it is drawn: names once, one colour a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from albench.compare import Comparison
from albench.compare.across import common_names
from albench.compare.blocks import RowName
from albench.render.colors import colors_of

_DASHES = 5
_SYMBOLS = 5


def name_of(row: Any) -> RowName:
    return row.backbone, row.method, row.strategy


def names_of(comparison: Comparison) -> tuple[list[RowName], dict[RowName, int]]:
    """Every row's name once, the best of the first data set first; the position of each name, with its backbone too."""
    whole = [[name_of(row) for row in (*group.rows, *group.aside)] for group in comparison.groups]
    common = common_names(whole)
    names = list(dict.fromkeys(name for group in common for name in group))
    place = {name: at for at, name in enumerate(names)}
    pairs = [pair for groups in zip(whole, common, strict=True) for pair in zip(*groups, strict=True)]
    return names, place | {own: place[name] for own, name in pairs}


def looks(names: Sequence[RowName], comparison: Comparison, position: dict[RowName, int]) -> list[dict[str, Any]]:
    """Labels, colours and dashes of rows, in the order of ``names``.

    A label leaves out what is the same in all rows. The colour is the strategy's, or the method's where there is one
    strategy; the dash tells methods apart or, of one method, names of one colour, and the symbol names of one colour
    whatever the method. Baselines are black (``color`` None).
    What is highlighted by request is drawn thick, and has a mark before its name. What stands aside, as it sees labels,
    is grey and dashed.
    """
    marked = {position[name_of(row)] for row in comparison.rows if row.highlighted}
    several = [len({name[at] for name in names}) > 1 for at in range(3)]
    part = 2 if several[2] or not several[1] else 1
    black = _baselines(comparison, position, several[2])
    aside = {position[name_of(row)] for group in comparison.groups for row in group.aside}
    colors = colors_of(name[part] for at, name in enumerate(names) if at not in black | aside)
    methods = sorted({name[1] for name in names})
    alike = {name: sorted(other for other in colors if colors[other] == colors[name]).index(name) for name in colors}
    drawn = []
    for at, name in enumerate(names):
        backbone, method, strategy = name
        words = [method] * several[1] + [strategy] * (several[2] or not several[1])
        dash = methods.index(method) if part == 2 and several[1] else alike.get(name[part], 0)
        drawn.append(
            {
                "label": " + ".join(words) + (f" on {backbone}" if several[0] else ""),
                "name": strategy if part == 2 else method,
                "beside": [method] * (several[1] and part == 2) + [backbone] * several[0],
                "backbone": backbone,
                "method": method,
                "strategy": strategy,
                "color": None if at in black | aside else colors[name[part]],
                "dash": dash % _DASHES,
                "symbol": alike.get(name[part], 0) % _SYMBOLS,
                "marked": at in marked,
                "aside": at in aside,
            }
        )
    return drawn


def _baselines(comparison: Comparison, position: dict[RowName, int], strategies: bool) -> set[int]:
    """Rows in black: baselines, unless each row is its own, as where methods are compared under one strategy."""
    own = [row for row in comparison.rows if row.is_baseline]
    if not strategies and "/" not in comparison.baseline and len({name_of(row) for row in own}) > 1:
        return set()
    return {position[name_of(row)] for row in own}
