"""Learning curves of results, drawn: what is asked for, the picture, and what has to be said beside it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from albench.compare import learning_curve_table
from albench.compare.beside import chosen_of
from albench.compare.choose import Choice, check_baseline, pairs_of
from albench.compare.gather import gather
from albench.compare.protocols import place_of
from albench.disk.files import write_atomic
from albench.environment import Mix, refuse_mixes
from albench.errors import StoreError, UserError, nearest
from albench.render.figure import Look, check_suffix, figure_bytes, most_curves, panel_of, with_panels
from albench.render.figure_style import metric_name
from albench.render.labels import seeds_text
from albench.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from albench.compare import CurveTable
    from albench.results.results import Results

_SEVERAL = {"metric": "metrics", "strategy": "strategies", "method": "methods", "dataset": "datasets"}
"""What ``albench.run`` calls them -> what a drawing does: one name or several."""


@dataclass(frozen=True)
class Asked:
    """What a figure is asked for.

    Attributes
    ----------
    metrics
        A row of panels each.
    split
        ``test`` or ``val``.
    strategies, methods, datasets
        Names to draw; all where none is given.
    baseline
        Strategy, or ``METHOD + STRATEGY``, that is always there, in black; the usual one where None.
    highlight
        Curves that are drawn thick, as one's own.
    by_method
        Panels for each method.
    bands
        Whether to draw the 95 % intervals.
    strict
        Whether to refuse panels that mix versions or processors.
    title
        Above all panels.
    width, height
        Inches of a panel.
    dpi
        Pixels an inch, of a PNG.
    """

    metrics: Sequence[str] = ()
    split: str = "test"
    strategies: Sequence[str] = ()
    methods: Sequence[str] = ()
    datasets: Sequence[str] = ()
    baseline: str | None = None
    highlight: Sequence[str] = ()
    by_method: bool = False
    bands: bool = True
    strict: bool = False
    title: str = ""
    width: float = Look.width
    height: float = Look.height
    dpi: int = Look.dpi

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Asked:
        """From the keywords of ``Results.plot``, where one name stands for itself.

        Raises
        ------
        UserError
            Where an option is unknown, with the nearest that there is.
        """
        known = [field.name for field in fields(cls)]
        asked: dict[str, Any] = {}
        for name, value in options.items():
            field = _SEVERAL.get(name, name)
            if field not in known:
                close = nearest(name, [*known, *_SEVERAL])
                hint = f"did you mean '{close}'?" if close else f"options are {', '.join(known)}."
                raise UserError(f"a plot has no option '{name}': {hint}")
            several = field in ("highlight", *_SEVERAL.values())
            asked[field] = (value,) if several and isinstance(value, str) else value
        return cls(**asked)

    def choice(self, frame: pd.DataFrame) -> Choice:
        """Which of the results are drawn; raises ``UserError`` where a name has none, with the nearest that has."""
        choice = Choice(self.datasets, self.methods, self.strategies, self.baseline or None)
        choice.check(frame)
        check_baseline(self.baseline and choice.baseline_in(frame), pairs_of(frame))
        return choice

    def look(self, baseline: str) -> Look:
        """How they are drawn."""
        size = self.width, self.height
        return Look(*size, baseline, self.by_method, self.bands, self.title, self.dpi, tuple(self.highlight))


@dataclass(frozen=True)
class Drawing:
    """Learning curves; a notebook shows them, ``save`` writes them.

    Attributes
    ----------
    tables
        The curves.
    look
        How they are drawn.
    notes
        What is to be said of them, a line each.
    """

    tables: tuple[CurveTable, ...]
    look: Look
    notes: tuple[str, ...]

    def content(self, suffix: str) -> bytes:
        """The bytes of a ``.png``, ``.svg`` or ``.pdf`` file."""
        return figure_bytes(self.tables, suffix, self.look)

    def save(self, path: str | Path) -> Path:
        """Write a .png, .svg or .pdf file.

        Raises
        ------
        UserError
            Where the file is of another kind, or cannot be written.
        """
        path = Path(path)
        check_suffix(path.suffix.lower(), str(path))
        content = self.content(path.suffix.lower())
        try:
            write_atomic(path, content)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
        return path

    def __repr__(self) -> str:
        places = sorted({table.dataset for table in self.tables})
        return f"<{counted(len(self.tables), 'curve')} on {', '.join(places)}: .save('curves.png') writes them>"

    @functools.cached_property
    def _png(self) -> bytes:
        return self.content(".png")

    def _repr_png_(self) -> bytes:
        return self._png


def drawing(results: Results, asked: Asked) -> Drawing:
    """The learning curves of results.

    Raises
    ------
    UserError
        Where there is nothing to draw, or a name has no results.
    """
    choice = asked.choice(results.frame)
    look = asked.look(choice.baseline_in(results.frame))
    frame, failed = chosen_of(results.frame, choice), choice.of(results.failed)
    mixes = _mixes(frame)
    if asked.strict:
        refuse_mixes(mixes)
    tables = learning_curve_table(frame, asked.split, tuple(dict.fromkeys(asked.metrics)) or ("macro_f1",))
    notes: list[str] = []
    if tables and with_panels(tables, look) != look:
        notes.append(f"{most_curves(tables)} curves are too many for one panel: each method has panels of its own.")
    notes += [*_mixed(mixes), *_copies(frame), *_failures(failed), *_gaps(tables), *results.notes]
    return Drawing(tuple(tables), look, tuple(notes))


def plot(results: Results, options: Mapping[str, Any]) -> Drawing:
    """What ``Results.plot`` returns."""
    return drawing(results, Asked.of(options))


def _copies(frame: pd.DataFrame) -> list[str]:
    """Trials that are there more than once."""
    return [note.text for note in gather(frame, [])[1]]


def _mixes(frame: pd.DataFrame) -> dict[str, Mix]:
    """What each panel's trials were made with, where that is not the same."""
    groups = [] if frame.empty else gather(frame, [])[0]
    return {place_of(group): group.mix for group in groups}


def _mixed(mixes: dict[str, Mix]) -> Iterator[str]:
    for place, mix in mixes.items():
        if mix:
            yield f"{place}: {mix.made}."


def _failures(failed: pd.DataFrame) -> Iterator[str]:
    """One line for all seeds that ended for one reason."""
    groups = failed.groupby(["status", "dataset", "method", "strategy", "backbone", "reason"], sort=True)["seed"]
    for names, seeds in groups:
        status, dataset, method, strategy, _, reason = map(str, names)
        found = sorted(set(seeds))
        yield f"{status}: {dataset} {method} + {strategy}, {seeds_text(found)}: {' '.join(reason.split())}"


def _gaps(tables: Sequence[CurveTable]) -> Iterator[str]:
    """Curves, and points of curves, that rest on fewer seeds than others of their panel."""
    for table in tables:
        name = f"{table.dataset} {table.method} + {table.strategy}"
        most = max(len(other.seeds) for other in tables if panel_of(other) == panel_of(table))
        if len(table.seeds) < most:
            yield f"{name}: {len(table.seeds)} of {most} seeds."
        for metric in table.metrics:
            numbers = {row.n_labeled: row.estimates[metric].n for row in table.rows}
            fewer = [count for count, n in numbers.items() if n < len(table.seeds)]
            if not any(numbers.values()):
                yield f"{name}: no {metric_name(metric, table.split)} is defined, so it has no curve."
            elif fewer:
                least = min(numbers[count] for count in fewer)
                at = ", ".join(f"{count:,}" for count in fewer)
                yield f"{name}: {least} of {len(table.seeds)} seeds at {at} labels ({metric})."
