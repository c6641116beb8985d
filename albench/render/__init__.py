"""Comparisons and learning curves as text: terminal table, Markdown, LaTeX, CSV, JSON, sentences for a paper."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from albench.errors import unknown

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


def render(comparison: Comparison, format: str = "table") -> str:
    """A comparison as text that ends in a newline; all tables hold the same numbers.

    Parameters
    ----------
    comparison
        What ``albench.compare.compare`` returned.
    format
        ``table`` (plain text, nothing hidden), ``markdown``, ``latex`` (needs the booktabs package), ``csv`` (one
        line a number) or ``json``, both at full precision, or ``paragraph`` (sentences for a paper).

    Raises
    ------
    UnknownName
        Where there is no such format.
    """
    if format not in _FORMATS:
        raise unknown("format", format, FORMATS)
    text: str = importlib.import_module(_FORMATS[format]).to_text(comparison)
    return text


def terminal(comparison: Comparison) -> RenderableType:
    """A comparison for a rich console, fitted to its width."""
    from albench.render.table import ComparisonView

    return ComparisonView(comparison)


def curve_tables(tables: Sequence[CurveTable]) -> RenderableType:
    """Learning curves for a rich console, one table each."""
    from albench.render.curves import curves

    return curves(tables)


__all__ = ["FORMATS", "curve_tables", "render", "terminal"]
