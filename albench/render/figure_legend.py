"""The legend of a figure: below all panels, in as many columns as make it lowest."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from albench.render.figure_style import Style, folded, folded_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend


def legend_below(figure: Figure, samples: dict[str, Style], caption: str) -> Legend:
    """Below all panels, in the columns that make it lowest, names whole where possible; the caption is over it."""
    inches = figure.get_figwidth()
    text = folded(caption, inches - 0.2)
    most = max(1, len(samples) if len(samples) <= 6 else min(len(samples), max(2, int(inches))))
    found = []
    for columns, fold in itertools.product(range(1, most + 1), (False, True)):
        room = inches / (columns if fold else 1) - 0.5
        legend = _in_columns(figure, samples, text, columns, room)
        box = legend.get_window_extent()
        legend.remove()
        if box.width <= figure.bbox.width or (columns == 1 and not fold):
            found.append((round(box.height), fold, columns, room))
    return _in_columns(figure, samples, text, *min(found)[2:])


def _in_columns(figure: Figure, samples: dict[str, Style], caption: str, columns: int, inches: float) -> Legend:
    """A legend whose names are folded to so many inches."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **style) for style in samples.values()]
    # A label that starts with '_' would be left out: texts come once the legend is there.
    legend = figure.legend(handles, ["-"] * len(handles), loc="outside lower center", ncols=columns, title=caption)
    legend.get_title().set_parse_math(False)
    for line, text in zip(legend.get_texts(), samples, strict=True):
        line.set_parse_math(False)
        line.set_text(folded_name(text, inches, figure.get_figwidth() - 0.5))
    return legend
