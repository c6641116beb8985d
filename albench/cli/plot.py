"""``albench plot``: learning curves as a figure for a paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from albench.cli.choosing import HIGHLIGHT, choosing

if TYPE_CHECKING:
    import pandas as pd

    from albench.compare import CurveTable
    from albench.compare.choose import Choice
    from albench.environment import Mix
    from albench.render.figure import Look

_INCHES = click.FloatRange(min=1.0, max=30.0)


@click.command("plot")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@click.option("--output", default="curves.png", show_default=True, metavar="FILE", help="A .png, .svg or .pdf file.")
@click.option("--metric", "metrics", multiple=True, help="A row of panels; may be repeated.  [default: macro_f1]")
@click.option("--split", default="test", show_default=True, help="test or val.")
@choosing
@click.option("--baseline", help="Strategy, or 'METHOD + STRATEGY', always there, in black.  [default: random]")
@HIGHLIGHT
@click.option("--by-method", is_flag=True, help="Panels for each method; by itself from 13 curves a panel on.")
@click.option("--no-bands", is_flag=True, help="Leave out the 95 % intervals.")
@click.option("--strict", is_flag=True, help="Refuse panels that mix versions or processors.")
@click.option("--title", default="", help="Above all panels.")
@click.option("--width", type=_INCHES, default=3.5, show_default=True, help="Inches of a panel.")
@click.option("--height", type=_INCHES, default=2.6, show_default=True, help="Inches of a panel; the legend is below.")
@click.option("--dpi", type=click.IntRange(30, 1200), default=200, show_default=True, help="Pixels an inch, of a .png.")
def command(folders: tuple[str, ...], output: str, **options: Any) -> None:
    """Draw learning curves: mean over seeds with its 95 % interval, a panel for each data set and protocol.

    DIR is a suite's folder, a folder of suites or an archive of 'albench export'; 'results' where none is given.
    Needs matplotlib: pip install 'albench[plot]'.
    """
    from albench.compare import learning_curve_table
    from albench.compare.beside import chosen_of
    from albench.disk.files import write_atomic
    from albench.environment import refuse_mixes
    from albench.errors import StoreError
    from albench.render.figure import check_suffix, figure_bytes, most_curves, with_panels
    from albench.results.load import load

    path, asked = Path(output), _Asked(**options)
    check_suffix(path.suffix.lower(), output)
    results = load(*folders)
    choice = asked.choice(results.frame)
    look = asked.look(choice.baseline_in(results.frame))
    frame, failed = chosen_of(results.frame, choice), choice.of(results.failed)
    mixes = _mixes(frame)
    if asked.strict:
        refuse_mixes(mixes)
    tables = learning_curve_table(frame, asked.split, tuple(dict.fromkeys(asked.metrics)) or ("macro_f1",))
    if tables and with_panels(tables, look) != look:
        click.echo(f"{most_curves(tables)} curves are too many for one panel: each method has panels of its own.")
    content = figure_bytes(tables, path.suffix.lower(), look)
    try:
        write_atomic(path, content)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {path}.")
    for line in (*_mixed(mixes), *_copies(frame), *_failures(failed), *_gaps(tables), *results.notes):
        click.echo(f"  {line}")


@dataclass(frozen=True)
class _Asked:
    """What a figure is asked for: the command's options by their names."""

    metrics: tuple[str, ...]
    split: str
    strategies: tuple[str, ...]
    methods: tuple[str, ...]
    datasets: tuple[str, ...]
    baseline: str | None
    highlight: tuple[str, ...]
    by_method: bool
    no_bands: bool
    strict: bool
    title: str
    width: float
    height: float
    dpi: int

    def choice(self, frame: pd.DataFrame) -> Choice:
        """Which of the results are drawn; raises ``UserError`` where a name has none, with the nearest that has."""
        from albench.compare.choose import Choice, check_baseline, pairs_of

        choice = Choice(self.datasets, self.methods, self.strategies, self.baseline or None)
        choice.check(frame)
        check_baseline(self.baseline and choice.baseline_in(frame), pairs_of(frame))
        return choice

    def look(self, baseline: str) -> Look:
        """How they are drawn."""
        from albench.render.figure import Look

        size = self.width, self.height
        return Look(*size, baseline, self.by_method, not self.no_bands, self.title, self.dpi, self.highlight)


def _copies(frame: pd.DataFrame) -> list[str]:
    """Trials that are there more than once."""
    from albench.compare.gather import gather

    return [note.text for note in gather(frame, [])[1]]


def _mixes(frame: pd.DataFrame) -> dict[str, Mix]:
    """What each panel's trials were made with, where that is not the same."""
    from albench.compare.gather import gather
    from albench.compare.protocols import place_of

    groups = [] if frame.empty else gather(frame, [])[0]
    return {place_of(group): group.mix for group in groups}


def _mixed(mixes: dict[str, Mix]) -> Iterator[str]:
    for place, mix in mixes.items():
        if mix:
            yield f"{place}: {mix.made}."


def _failures(failed: pd.DataFrame) -> Iterator[str]:
    """One line for all seeds that ended for one reason."""
    from albench.render.labels import seeds_text

    groups = failed.groupby(["status", "dataset", "method", "strategy", "backbone", "reason"], sort=True)["seed"]
    for names, seeds in groups:
        status, dataset, method, strategy, _, reason = map(str, names)
        found = sorted(set(seeds))
        yield f"{status}: {dataset} {method} + {strategy}, {seeds_text(found)}: {' '.join(reason.split())}"


def _gaps(tables: Sequence[CurveTable]) -> Iterator[str]:
    """Curves, and points of curves, that rest on fewer seeds than others of their panel."""
    from albench.render.figure import panel_of
    from albench.render.figure_style import metric_name

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
