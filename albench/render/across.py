"""The table over several data sets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from albench.render.cells import Cell, Column, name_columns, tested
from albench.render.texts import NONE, p_text, range_text

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison
    from albench.compare.tables import Overall


def overall_columns(overall: Overall, comparison: Comparison) -> list[Column]:
    """The table over data sets; rows that share a letter are not distinguishable by their mean ranks."""
    rows = overall.rows
    columns = name_columns(rows)
    columns.append(Column("mean rank", "labels", tuple(Cell(f"{row.mean_rank:.2f}") for row in rows), ranked=True))
    columns.append(Column("alike", "extra", tuple(Cell(letters) for letters in _letters(overall))))
    cells = tuple(Cell(range_text(row.iqm, row.iqm_low, row.iqm_high)) for row in rows)
    columns.append(Column("IQM [95 %]", "labels", cells))
    if any(row.difference for row in rows):
        title = f"vs {comparison.baseline}" if len(comparison.baseline) <= 12 else "vs baseline"
        usual = max(row.difference.n for row in rows if row.difference)
        columns.append(Column(title, "difference", tuple(tested(row.difference, usual) for row in rows)))
        chances = [row.improvement for row in rows]
        texts = (range_text(c.value, c.low, c.high, "{:.2f}".format) if c else NONE for c in chances)
        columns.append(Column("P(better)", "labels", tuple(map(Cell, texts))))
    return columns


def overall_facts(overall: Overall) -> list[str]:
    """How the table over data sets is to be read."""
    found = [f"over {len(overall.settings)} data sets: {', '.join(overall.settings)}"]
    if not math.isnan(overall.friedman_p):
        found.append(f"Friedman's test that all are alike: p {p_text(overall.friedman_p)}")
    found.append(f"critical difference of mean ranks (Nemenyi, 5 %): {overall.critical_difference:.2f}")
    return found


def _letters(overall: Overall) -> list[str]:
    """A letter for each run of rows within the critical difference."""
    found = [""] * len(overall.rows)
    for letter, (first, last) in enumerate(overall.indistinguishable):
        for at in range(first, last + 1):
            found[at] += chr(ord("a") + letter % 26)
    return [text or NONE for text in found]
