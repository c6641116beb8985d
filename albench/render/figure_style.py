"""How a figure looks: colours, lines and markers of its curves, its letters, and what axes are called."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from albench.compare.highlight import MARK, Pair
from albench.components.defaults import ORACLE_MARK
from albench.metric_table import metric_named
from albench.render.colors import BASELINE, COLORS, colors_of
from albench.render.fit import wrap

Style = dict[str, Any]
"""What matplotlib's ``plot`` takes."""

_DASHES: tuple[Any, ...] = ("-", (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (10, 2)), (0, (4, 1.2, 1, 1.2, 1, 1.2)))
_MARKERS = "os^DvPX"
_MOST_MARKED = 6
"""Strategies that colour and marker alone tell apart."""
_BASELINE_DASHES = (0, (4, 1.5))
_BASELINE_MARKERS = ("", "x", "+", "1", "2", "*")
_THICK = {"linewidth": 2.6, "zorder": 4}
"""A curve that is highlighted."""
REFERENCE = "#7a7a7a"
"""Of what is drawn beside the curves that are compared."""
FULL: Style = {"color": REFERENCE, "linestyle": (0, (1, 1.5)), "linewidth": 1.0, "zorder": 1.5}
"""The line of full supervision."""

SIZE = 8.0
"""Points of all letters."""
LINE = 1.2 * SIZE / 72
"""Inches from one line of text to the next."""
RC = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": SIZE,
    **{f"{part}.labelsize": SIZE for part in ("axes", "xtick", "ytick")},
    **{f"{part}.titlesize": SIZE for part in ("axes", "figure")},
    **{f"legend.{part}": SIZE for part in ("fontsize", "title_fontsize")},
    **{f"axes.spines.{side}": False for side in ("top", "right")},
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "lines.markeredgewidth": 0.6,
    "legend.frameon": False,
    "legend.handlelength": 3.0,
    "legend.columnspacing": 1.2,
    "legend.handletextpad": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "albench",
    "pdf.fonttype": 42,
}


def is_baseline(name: Pair, baseline: str) -> bool:
    """Whether a method and strategy is what ``baseline``, a strategy or ``method/strategy``, names."""
    return baseline in (name[1], "/".join(name))


def styles(
    names: Sequence[Pair], baselines: Sequence[Pair], by_strategy: bool = False
) -> tuple[dict[Pair, Style], dict[str, Style]]:
    """How each curve is drawn, and what the legend says: text -> sample.

    A colour is its name's own, in every figure (see ``albench.render.colors``): the strategy's or, where there is one
    alone, the method's. Where a few methods meet a few strategies, the marker is the strategy's too and the line is the
    method's, and the legend names strategies and methods; else each curve has a look and an entry of its own.

    Parameters
    ----------
    names
        The curves.
    baselines
        Those in black.
    by_strategy
        Whether curves look alike that differ only in their method.
    """
    methods, strategies = (sorted({name[part] for name in names}) for part in (0, 1))
    if by_strategy:
        black = list(dict.fromkeys(("", strategy) for _, strategy in baselines))
        curves, samples = styles([("", strategy) for strategy in strategies], black)
        return {name: curves["", name[1]] for name in names}, {text.removeprefix("/"): s for text, s in samples.items()}
    black_strategies = {strategy for _, strategy in baselines}
    colored = [strategy for strategy in strategies if strategy not in black_strategies]
    whole = all((name in baselines) == (name[1] in black_strategies) for name in names)
    if whole and 1 < len(methods) <= len(_DASHES) and len(strategies) > 1 and len(colored) <= _MOST_MARKED:
        places = colors_of(colored)
        dashes = {method: {"linestyle": _DASHES[at]} for at, method in enumerate(methods)}
        colors = {name: {"color": _shade(places[name]), "marker": _MARKERS[at]} for at, name in enumerate(colored)}
        colors |= {strategy: _baseline(0) for strategy in black_strategies}
        curves = {(method, strategy): {**colors[strategy], **dashes[method]} for method, strategy in names}
        samples = {strategy: {**colors[strategy], "linestyle": "-"} for strategy in strategies}
        return curves, samples | {f"method {method}": {"color": "#555555", **dash} for method, dash in dashes.items()}
    part = 1 if len(strategies) > 1 else 0
    places = colors_of(name[part] for name in names if name not in baselines)
    curves = _told_apart({name: places[name[part]] for name in names if name not in baselines})
    for at, name in enumerate(baselines):
        curves[name] = {**_baseline(at), "linestyle": _BASELINE_DASHES}
    return curves, {entry(name, len(methods), len(strategies)): curves[name] for name in names}


def thick(curves: dict[Pair, Style], marked: Collection[Pair]) -> dict[Pair, Style]:
    """The styles with the curves that are highlighted drawn thick, above the others."""
    return {name: {**style, **_THICK} if name in marked else style for name, style in curves.items()}


def marked_samples(samples: dict[str, Style], marked: Collection[Pair], names: Sequence[Pair]) -> dict[str, Style]:
    """The legend's samples, those thick and with a mark all of whose curves are highlighted."""
    n_methods, n_strategies = (len({name[part] for name in names}) for part in (0, 1))
    curves: dict[str, set[Pair]] = {}
    for name in names:
        for text in (name[1], f"method {name[0]}"):
            curves.setdefault(text, set()).add(name)
    curves |= {entry(name, n_methods, n_strategies): {name} for name in names}
    whole = {text for text in samples if curves[text] <= set(marked)}
    return {
        f"{MARK} {text}" if text in whole else text: {**style, **_THICK} if text in whole else style
        for text, style in samples.items()
    }


def with_references(
    curves: dict[Pair, Style], samples: dict[str, Style], seeing: Sequence[Pair], full: bool
) -> tuple[dict[Pair, Style], dict[str, Style]]:
    """Styles and samples with those of oracles, dashed and grey, and of full supervision, a dotted line."""
    looks = {
        name: {"color": REFERENCE, "linestyle": (0, (5, 2)), "marker": _BASELINE_MARKERS[at % len(_BASELINE_MARKERS)]}
        for at, name in enumerate(seeing)
    }
    several = len({method for method, _ in (*curves, *seeing)}) > 1
    texts = {f"{'/'.join(name) if several else name[1]} ({ORACLE_MARK})": look for name, look in looks.items()}
    return {**curves, **looks}, {**samples, **texts, **({"full supervision": FULL} if full else {})}


def _told_apart(places: dict[Pair, int]) -> dict[Pair, Style]:
    """Lines and markers that tell curves apart, with their colours and, as far as they reach, without."""
    used: Counter[tuple[Any, ...]] = Counter()
    found = {}
    for name, color in places.items():

        def shared(dash: int, marker: int, color: int = color) -> int:
            return used["dash", color, dash] + used["marker", color, marker] + used["both", dash, marker]

        dash, marker = min(
            itertools.product(range(len(_DASHES)), range(len(_MARKERS))), key=lambda look: (shared(*look), look)
        )
        used.update([("dash", color, dash), ("marker", color, marker), ("both", dash, marker)])
        found[name] = {"color": _shade(color), "marker": _MARKERS[marker], "linestyle": _DASHES[dash]}
    return found


def _shade(place: int) -> str:
    return COLORS[place][0]


def _baseline(at: int) -> Style:
    return {"color": BASELINE[0], "marker": _BASELINE_MARKERS[at % len(_BASELINE_MARKERS)], "zorder": 3}


def entry(name: Pair, n_methods: int, n_strategies: int) -> str:
    """A curve's name, without what all curves share."""
    if n_methods == 1 and n_strategies > 1:
        return name[1]
    return name[0] if n_strategies == 1 and n_methods > 1 else "/".join(name)


def metric_name(metric: str, split: str) -> str:
    """A metric as an axis names it: ``test macro F1``."""
    from albench.compare import metric_words

    return metric_words(metric, split) + ("" if metric_named(metric).higher_is_better else " (lower is better)")


def letters(inches: float) -> int:
    """How many letters fit, about."""
    return max(12, int(inches * 72 / (0.55 * SIZE)))


def folded(text: str, inches: float) -> str:
    """A text in lines of about so many inches, broken between words."""
    return "\n".join(textwrap.wrap(_plain(text), letters(inches)))


def folded_name(name: str, inches: float, most: float | None = None) -> str:
    """A name in lines of about so many inches, broken before a bracket or after a comma.

    What has neither stays whole up to ``most`` inches, ``inches`` where None.
    """
    name = _plain(name)
    longest = max(map(len, re.split(r"(?=\[)|(?<=,)", name)))
    return wrap(name, max(letters(inches), min(longest, letters(most or inches))))


def _plain(text: str) -> str:
    """Text on one line, without letters that no file may hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
