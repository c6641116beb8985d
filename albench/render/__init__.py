"""Comparisons and learning curves as text: terminal table, Markdown, LaTeX, CSV, JSON, sentences for a paper."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from albench.errors import UserError, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from albench.compare import Comparison, CurveTable

_FORMATS = {
    "table": "albench.render.table",
    "markdown": "albench.render.markdown",
    "latex": "albench.render.latex",
    "csv": "albench.render.tabular",
    "json": "albench.render.json_",
    "paragraph": "albench.render.paragraph",
}
FORMATS = tuple(_FORMATS)
_LABEL = re.compile(r"[A-Za-z0-9:._/+-]+")


def render(comparison: Comparison, format: str = "table", label: str = "") -> str:
    """A comparison as text that ends in a newline; all tables hold the same numbers.

    Parameters
    ----------
    comparison
        What ``albench.compare.compare`` returned.
    format
        ``table`` (plain text, nothing hidden), ``markdown``, ``latex`` (needs the booktabs package), ``csv`` (one
        line a number) or ``json``, both at full precision, or ``paragraph`` (sentences for a paper).
    label
        What a LaTeX document refers to the first table by, as ``tab:results``; for ``latex`` alone.

    Raises
    ------
    UnknownName
        Where there is no such format.
    UserError
        Where another format is given a label, or LaTeX could not read it.
    """
    if format not in _FORMATS:
        raise unknown("format", format, FORMATS)
    check_label(label, format)
    text: str = importlib.import_module(_FORMATS[format]).to_text(comparison, **({"label": label} if label else {}))
    return text


def check_label(label: str, format: str) -> None:
    """Raise ``UserError`` where a table of this format has no label, or where LaTeX could not read it."""
    if label and format != "latex":
        raise UserError(f"label '{label}': a table has one in LaTeX alone; leave it out, or write --format latex.")
    if label and not _LABEL.fullmatch(label):
        raise UserError(f"label '{label}': write letters, digits and : . _ / + - alone, as in tab:results.")


def terminal(comparison: Comparison) -> RenderableType:
    """A comparison for a rich console, fitted to its width."""
    from albench.render.table import ComparisonView

    return ComparisonView(comparison)


def curve_tables(tables: Sequence[CurveTable]) -> RenderableType:
    """Learning curves for a rich console, one table each."""
    from albench.render.curves import curves

    return curves(tables)


__all__ = ["FORMATS", "check_label", "curve_tables", "render", "terminal"]
