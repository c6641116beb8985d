"""Panels of many curves: the best few and the baseline in colour, the rest grey, each name at its line's end."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from albench.compare.highlight import MARK
from albench.render.figure_style import LINE, SIZE, Pair, Style, entry
from albench.render.labels import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from albench.compare import CurveTable

MOST_CURVES = 12
"""Curves of a panel that a legend tells apart."""
_IN_COLOR = 5
GREY = "#b4b4b4"
_SMALL = 0.75 * SIZE
_LETTERS = 30
ROOM = 1.5
"""Inches for names beside a panel."""


def height_of(n_curves: int) -> float:
    """Inches of a panel in which so many names stand below each other."""
    return n_curves * LINE * _SMALL / SIZE + 0.7


def best(tables: Sequence[CurveTable], metric: str, sign: float) -> set[Pair]:
    """The curves with the best last means."""
    last = {(t.method, t.strategy): sign * t.rows[-1].estimates[metric].mean for t in tables}
    known = [name for name, value in last.items() if math.isfinite(value)]
    return set(sorted(known, key=lambda name: (-last[name], name))[:_IN_COLOR])


def faded(curves: dict[Pair, Style], kept: Collection[Pair]) -> dict[Pair, Style]:
    """The styles with all curves thin and grey but those that are kept."""
    thin = {"color": GREY, "marker": "", "linewidth": 0.7, "linestyle": "-", "zorder": 1}
    return {name: style if name in kept else thin for name, style in curves.items()}


def ends_of(
    tables: Sequence[CurveTable],
    metric: str,
    curves: dict[Pair, Style],
    names: Sequence[Pair],
    marked: Collection[Pair],
) -> list[tuple[str, float, float, str]]:
    """Each curve's name, and where it ends in which colour."""
    n_methods, n_strategies = (len({name[part] for name in names}) for part in (0, 1))
    found = []
    for table in tables:
        name, last = (table.method, table.strategy), table.rows[-1]
        text = f"{MARK} " * (name in marked)
        text += entry(name, 1 if n_strategies > 1 and len({t.method for t in tables}) == 1 else n_methods, n_strategies)
        found.append((text, float(last.n_labeled), last.estimates[metric].mean, str(curves[name]["color"])))
    return found


def name_ends(axes: Axes, ends: Sequence[tuple[str, float, float, str]], inches: float) -> None:
    """Write each curve's name right of the panel, as near to its end as the other names let it.

    Parameters
    ----------
    ends
        Name, last label count, last value and colour.
    inches
        Height of the axes.
    """
    low, high = axes.get_ylim()
    apart = LINE * _SMALL / SIZE / inches
    known = sorted((end for end in ends if math.isfinite(end[2])), key=lambda end: end[2])
    places = spread_out([(value - low) / (high - low) for _, _, value, _ in known], apart)
    for (name, labels, value, color), place in zip(known, places, strict=True):
        text = axes.annotate(
            short(name, _LETTERS),
            xy=(labels, value),
            xytext=(1.06, place),
            textcoords="axes fraction",
            fontsize=_SMALL,
            color="#666666" if color == GREY else color,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.4,
                "shrinkA": 1,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )
        text.set_parse_math(False)


def spread_out(wanted: Sequence[float], apart: float) -> list[float]:
    """Ascending places at least so far apart, near to those wanted, within 0 and 1 where there is room for all."""
    up: list[float] = []
    for place in wanted:
        up.append(max(place, up[-1] + apart) if up else place)
    down: list[float] = []
    for place in reversed(wanted):
        down.append(min(place, down[-1] - apart) if down else place)
    places = [
        (a + b) / 2 for a, b in zip(up, reversed(down), strict=True)
    ]  # both are far enough apart, so is their mean
    last = len(places) - 1
    highest = max(1.0, apart * last)
    places = [min(place, highest - apart * (last - at)) for at, place in enumerate(places)]
    return [max(place, apart * at) for at, place in enumerate(places)]
