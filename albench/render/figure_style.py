"""How a figure looks: colours, lines and markers of its curves, its letters, and what axes are called."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from albench.render.fit import wrap

Name = tuple[str, str]
"""Method, strategy."""
Style = dict[str, Any]
"""What matplotlib's ``plot`` takes."""

# Okabe and Ito's colours without black, the baseline's, and yellow, which is too pale for a line. The numbers of
# colours, dashes and markers have no common factor, so that any two of them tell 30 curves apart, also without colour.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DASHES: tuple[Any, ...] = ("-", (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (10, 2)), (0, (4, 1.2, 1, 1.2, 1, 1.2)))
_MARKERS = "os^DvPX"
_BASELINE_DASHES = (0, (4, 1.5))
_BASELINE_MARKERS = ("", "x", "+", "1", "2", "*")

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


def is_baseline(name: Name, baseline: str) -> bool:
    """Whether a method and strategy is what ``baseline``, a strategy or ``method/strategy``, names."""
    return baseline in (name[1], "/".join(name))


def styles(
    names: Sequence[Name], baselines: Sequence[Name], by_strategy: bool = False
) -> tuple[dict[Name, Style], dict[str, Style]]:
    """How each curve is drawn, and what the legend says: text -> sample.

    Where a few methods meet a few strategies, colour and marker are the strategy's and the line is the method's, and
    the legend names strategies and methods; else each curve has a look and an entry of its own.

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
    if whole and 1 < len(methods) <= len(_DASHES) and len(strategies) > 1 and len(colored) <= len(_COLORS):
        dashes = {method: {"linestyle": _DASHES[at]} for at, method in enumerate(methods)}
        colors = {strategy: _color(at) for at, strategy in enumerate(colored)}
        colors |= {strategy: _baseline(0) for strategy in black_strategies}
        curves = {(method, strategy): {**colors[strategy], **dashes[method]} for method, strategy in names}
        samples = {strategy: {**colors[strategy], "linestyle": "-"} for strategy in strategies}
        return curves, samples | {f"method {method}": {"color": "#555555", **dash} for method, dash in dashes.items()}
    curves = {}
    for at, name in enumerate(name for name in names if name not in baselines):
        curves[name] = {**_color(at), "linestyle": _DASHES[at % len(_DASHES)]}
    for at, name in enumerate(baselines):
        curves[name] = {**_baseline(at), "linestyle": _BASELINE_DASHES}
    return curves, {_entry(name, len(methods), len(strategies)): curves[name] for name in names}


def _color(at: int) -> Style:
    return {"color": _COLORS[at % len(_COLORS)], "marker": _MARKERS[at % len(_MARKERS)]}


def _baseline(at: int) -> Style:
    return {"color": "black", "marker": _BASELINE_MARKERS[at % len(_BASELINE_MARKERS)], "zorder": 3}


def _entry(name: Name, n_methods: int, n_strategies: int) -> str:
    """A curve's name, without what all curves share."""
    if n_methods == 1 and n_strategies > 1:
        return name[1]
    return name[0] if n_strategies == 1 and n_methods > 1 else "/".join(name)


def metric_name(metric: str, split: str) -> str:
    """A metric as an axis names it: ``test macro F1``."""
    from albench.compare import higher_is_better, metric_words

    return metric_words(metric, split) + ("" if higher_is_better(metric) else " (lower is better)")


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
