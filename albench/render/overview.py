"""What results hold, in a few lines: suites, trials, what was run with how many seeds, and what is not complete."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from albench.render.html import grid
from albench.wording import counted, listed

if TYPE_CHECKING:
    from albench.results.results import Results

_NAMED = 6
_NEXT = "Records: .frame; what failed: .failed; the table: .compare()."
_HEADS = ("data set", "method", "strategies", "seeds", "labels", "trials")


def line(results: Results) -> str:
    """``330 trials of 1 suite, 2 trials not complete``."""
    parts = [f"{counted(_n_trials(results), 'trial')} of {counted(len(results.folders), 'suite')}"]
    parts += [f"{counted(len(results.failed), 'trial')} not complete"] * bool(len(results.failed))
    return ", ".join(parts)


def text(results: Results) -> str:
    """The line, a row for each data set and method, and what there is to do with them."""
    rows = [_HEADS, *_rows(results)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [f"Note: {note}" for note in results.notes]
    return "\n".join([f"{line(results)}.", *table[: len(rows) if len(rows) > 1 else 0], *notes, _NEXT])


def html(results: Results) -> str:
    """The same as elements for a notebook."""
    rows = list(_rows(results))
    before, after = [f"{line(results)}."], [*(f"Note: {note}" for note in results.notes), _NEXT]
    said = [[f"<p>{escape(part)}</p>" for part in parts] for parts in (before, after)]
    return "\n".join([*said[0], *([grid(_HEADS, rows)] if rows else []), *said[1]])


def _n_trials(results: Results) -> int:
    frame = results.frame
    return len(frame[["suite", "key"]].drop_duplicates())


def _rows(results: Results) -> Iterator[tuple[str, ...]]:
    frame = results.frame
    stand_ins = frame["stand_in"].fillna("")
    for (dataset, stand_in, method), part in frame.groupby([frame["dataset"], stand_ins, "method"], sort=True):
        names = sorted(set(part["strategy"]))
        seeds, labels = sorted(set(part["seed"])), sorted(set(part["n_labeled"]))
        yield (
            f"{dataset} (stand-in for {stand_in})" if stand_in else str(dataset),
            str(method),
            listed(names, _NAMED),
            str(len(seeds)),
            f"{labels[0]:,} to {labels[-1]:,}" if len(labels) > 1 else f"{labels[0]:,}",
            str(len(part[["suite", "key"]].drop_duplicates())),
        )
