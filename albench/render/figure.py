"""Learning curves as a figure for print: PNG, SVG or PDF, the same bytes for the same curves."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from albench.compare.highlight import MARK, named
from albench.errors import UserError
from albench.metric_table import metric_named
from albench.render.figure_ends import GREY, MOST_CURVES, ROOM, best, ends_of, faded, height_of, name_ends
from albench.render.figure_legend import legend_below
from albench.render.figure_style import (
    FULL,
    LINE,
    RC,
    REFERENCE,
    SIZE,
    Pair,
    Style,
    folded,
    folded_name,
    is_baseline,
    marked_samples,
    metric_name,
    styles,
    thick,
    with_references,
)
from albench.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from albench.compare import CurveTable, Estimate

SUFFIXES = (".png", ".svg", ".pdf")
_METADATA: dict[str, dict[str, Any]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
_MOST_COLUMNS = 4
_MOST_TICKS = 7
_AROUND = 0.6
"""Inches of a panel beside its axes."""


@dataclass(frozen=True)
class Look:
    """What a figure shows beside the curves.

    Attributes
    ----------
    width, height
        Inches of one panel, by default a column of a paper; the legend is below and has a height of its own.
    baseline
        A strategy, or ``method/strategy``, drawn in black where it is there; "" for none.
    by_method
        Whether each method has panels of its own.
    bands
        Whether to draw the 95 % intervals.
    title
        Above all panels.
    dpi
        Pixels an inch, of a PNG.
    highlight
        Curves that are drawn thick, as one's own: strategies, methods or ``METHOD + STRATEGY``.
    """

    width: float = 3.5
    height: float = 2.6
    baseline: str = ""
    by_method: bool = False
    bands: bool = True
    title: str = ""
    dpi: int = 200
    highlight: tuple[str, ...] = ()


Panel = tuple[str, str, str, str, str]
"""Data set, what it stands in for, what tells its protocol, backbone and, where methods are apart, method."""


def figure_bytes(tables: Sequence[CurveTable], suffix: str, look: Look | None = None) -> bytes:
    """Draw learning curves: a row of panels a metric, a panel a data set, protocol and backbone.

    Parameters
    ----------
    tables
        What ``albench.compare.learning_curve_table`` returned; at least one.
    suffix
        ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    The file's content.

    Raises
    ------
    UserError
        Where matplotlib is not installed, a figure cannot have that suffix, or no curve has a name to highlight.
    """
    look = with_panels(tables, look or Look())
    most = most_curves(tables, look.by_method)
    if most > MOST_CURVES:
        look = replace(look, width=look.width + ROOM, height=max(look.height, height_of(most)))
    check_suffix(suffix)
    names = sorted({(table.method, table.strategy) for table in tables})
    baselines = [name for name in names if is_baseline(name, look.baseline)]
    if len(names) > 1 and baselines == names:  # methods under one strategy: each is its own
        baselines = []
    try:
        with _no_backend():
            from matplotlib import style
    except ImportError:
        raise UserError("figures need matplotlib: pip install 'albench[plot]'") from None
    content = io.BytesIO()
    # A matplotlibrc of the user is left aside meanwhile: it would change the picture.
    with style.context(["default", RC]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # letters that the font lacks are boxes
        figure = _figure(tables, names, baselines, look)
        figure.savefig(content, format=suffix[1:], dpi=look.dpi, metadata=_METADATA[suffix])
    return content.getvalue()


@contextlib.contextmanager
def _no_backend() -> Iterator[None]:
    """Leave the backend aside that the environment names: a file needs none, and it may not be installed."""
    named = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if named is not None:
            os.environ["MPLBACKEND"] = named


def most_curves(tables: Sequence[CurveTable], by_method: bool = False) -> int:
    """The number of curves in the fullest panel."""
    return max(Counter(panel_of(table, by_method) for table in tables).values())


def with_panels(tables: Sequence[CurveTable], look: Look) -> Look:
    """The look with panels for each method where curves of several methods are too many for one panel."""
    crowded = most_curves(tables, look.by_method) > MOST_CURVES
    return replace(look, by_method=True) if crowded and len({table.method for table in tables}) > 1 else look


def check_suffix(suffix: str, path: str = "") -> None:
    """Raise ``UserError`` where a figure cannot have this suffix."""
    if suffix not in SUFFIXES:
        raise UserError(f"a figure is a .png, .svg or .pdf file, not '{path or suffix}'.")


def panel_of(table: CurveTable, by_method: bool = False) -> Panel:
    """The panel of a curve."""
    protocol = table.setup or f"protocol {table.protocol}"
    return table.dataset, table.stand_in, protocol, table.backbone, table.method if by_method else ""


def _figure(tables: Sequence[CurveTable], names: Sequence[Pair], baselines: Sequence[Pair], look: Look) -> Figure:
    from matplotlib.figure import Figure

    metrics = tables[0].metrics
    panels = sorted({panel_of(table, look.by_method) for table in tables})
    lines = math.ceil(len(panels) / _MOST_COLUMNS)  # of panels, for one metric
    columns, rows = math.ceil(len(panels) / lines), lines * len(metrics)
    headings = [_heading(panel, panels, look.width - _AROUND) for panel in panels]
    seeing = {(table.method, table.strategy) for table in tables if table.sees_labels}
    blind = [name for name in names if name not in seeing]
    curves, samples = styles(blind, baselines, look.by_method)
    marked = named(look.highlight, names)
    curves, samples = thick(curves, marked), marked_samples(samples, marked, blind)
    curves, samples = with_references(curves, samples, sorted(seeing), any(table.full for table in tables))
    crowded = most_curves(tables, look.by_method) > MOST_CURVES
    figure = Figure(figsize=(look.width * columns, look.height * rows), layout="constrained")
    for at, place in itertools.product(range(len(metrics)), range(len(panels))):
        axes = figure.add_subplot(rows, columns, (at * lines + place // columns) * columns + place % columns + 1)
        own = [t for t in tables if panel_of(t, look.by_method) == panels[place]]
        shown = curves
        if crowded:
            sign = 1.0 if metric_named(metrics[at]).higher_is_better else -1.0
            compared = [table for table in own if not table.sees_labels]
            shown = faded(curves, {*best(compared, metrics[at], sign), *baselines, *marked, *seeing})
        _draw(axes, own, metrics[at], shown, look)
        beside = [row.estimates[metrics[at]] for t in tables if t.dataset == panels[place][0] for row in t.rows]
        beside += [t.full[metrics[at]] for t in tables if t.dataset == panels[place][0] and metrics[at] in t.full]
        axes.set_ylim(*_limits(beside, metrics[at], look.bands))  # one data set's panels can be compared
        if crowded:
            name_ends(axes, ends_of(own, metrics[at], shown, names, marked), look.height - _AROUND)
        if at == 0 or lines > 1:
            axes.set_title(headings[place], parse_math=False)
        if at == len(metrics) - 1 or lines > 1:
            axes.set_xlabel("labels")
        if place % columns == 0:
            axes.set_ylabel(folded(metric_name(metrics[at], tables[0].split), look.height), parse_math=False)
    title = folded(look.title, look.width * columns)
    if title:
        figure.suptitle(title, weight="bold", parse_math=False)
    legend = legend_below(figure, {} if crowded else samples, _caption(tables, names, look))
    # Panels keep their size: what stands above and below them adds to the height.
    above = max(heading.count("\n") for heading in headings) * (rows if lines > 1 else 1) + len(title.splitlines())
    below = legend.get_window_extent().height / figure.dpi
    figure.set_figheight(look.height * rows + above * LINE + below)
    return figure


def _draw(axes: Axes, tables: Sequence[CurveTable], metric: str, curves: dict[Pair, Style], look: Look) -> None:
    """One panel: the curves of one data set, protocol and backbone."""
    lowest, highest = metric_named(metric).range
    alpha = max(0.06, min(0.2, 0.8 / len(tables)))
    for table in tables:
        style = curves[table.method, table.strategy]
        labels = [row.n_labeled for row in table.rows]
        estimates = [row.estimates[metric] for row in table.rows]
        means = [estimate.mean for estimate in estimates]
        axes.plot(labels, means, **style, markevery=max(1, len(labels) // 12))
        if look.bands and len(labels) == 1:  # a band of one point would have no width
            ends = [[min(estimates[0].half_width, room)] for room in (means[0] - lowest, highest - means[0])]
            axes.errorbar(labels, means, ends, color=style["color"], capsize=2, linewidth=0.8)
        elif look.bands and style["color"] not in (GREY, REFERENCE):  # bands of grey would cover all others
            low = [max(e.mean - e.half_width, lowest) for e in estimates]  # NaN stays NaN
            high = [min(e.mean + e.half_width, highest) for e in estimates]
            axes.fill_between(labels, low, high, color=style["color"], alpha=alpha, linewidth=0)
    for mean in {table.full[metric].mean for table in tables if metric in table.full}:
        axes.axhline(mean, **FULL)
    _ticks(axes, sorted({row.n_labeled for table in tables for row in table.rows}), look.width - _AROUND)


def _ticks(axes: Axes, counts: Sequence[int], inches: float) -> None:
    """The label counts, each or every second, third ..., or round numbers where these are too uneven for their room."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    room = max(2, min(_MOST_TICKS, int(inches * 72 / (0.65 * SIZE * len(f"{counts[-1]:,}") + SIZE))))
    every = math.ceil(len(counts) / room)
    shown = counts[::every]
    nearest = min((b - a for a, b in itertools.pairwise(shown)), default=1)
    if nearest * room >= shown[-1] - shown[0]:
        axes.set_xticks(shown)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(room - 1, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _limits(estimates: Sequence[Estimate], metric: str, bands: bool) -> tuple[float, float]:
    """What the vertical axis spans: the curves and their intervals, but nothing that the metric cannot reach."""
    widths = [e.half_width if bands and math.isfinite(e.half_width) else 0.0 for e in estimates]
    ends = [e.mean + sign * w for e, w in zip(estimates, widths, strict=True) for sign in (-1, 1)]
    ends = [end for end in ends if math.isfinite(end)] or [0.0, 1.0]
    low, high = min(ends), max(ends)
    lowest, highest = metric_named(metric).range
    low, high = max(low, lowest), min(high, highest)
    padding = max(0.04 * (high - low), 0.005)
    return low - padding, high + padding


def _heading(panel: Panel, panels: Sequence[Panel], inches: float) -> str:
    """The data set, what tells the panel from its other panels, and what it stands in for."""
    dataset, stand_in, protocol, backbone, method = panel
    beside = [other for other in panels if other[0] == dataset]
    apart = [f"method {method}"] * (len({other[4] for other in panels}) > 1)
    apart += [protocol] * (len({other[2] for other in beside}) > 1)
    apart += [f"backbone {backbone}"] * (len({other[3] for other in beside}) > 1)
    lines = [folded_name(dataset, inches)]
    lines += [folded(", ".join(apart), inches)] * bool(apart)
    lines += [folded(f"stand-in for {stand_in}: simulated, not patient data", inches)] * bool(stand_in)
    return "\n".join(lines)


def _caption(tables: Sequence[CurveTable], names: Sequence[Pair], look: Look) -> str:
    """What all curves share, and the number of seeds."""
    seeds = sorted({len(table.seeds) for table in tables})
    count = f"{seeds[0]} to {seeds[-1]} seeds" if len(seeds) > 1 else counted(seeds[0], "seed")
    text = "1 seed" if seeds == [1] else f"mean{' and 95 % interval' * look.bands} over {count}"
    if look.bands and seeds != [1] and any(e.n == 1 for t in tables for row in t.rows for e in row.estimates.values()):
        text += ", no band where there is one"
    if look.highlight:
        text += f"; {MARK} thick by request: {', '.join(look.highlight)}"
    methods, strategies = ({name[part] for name in names} for part in (0, 1))
    if len(methods) == 1 and len(strategies) > 1:
        return f"method {methods.pop()}; {text}"
    if len(strategies) == 1 and len(methods) > 1 and not look.by_method:
        return f"strategy {strategies.pop()}; {text}"
    return text
