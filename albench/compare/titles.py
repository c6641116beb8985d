"""How a sentence or an axis names a row, a baseline and a metric."""

from __future__ import annotations

from collections.abc import Sequence

from albench.compare.comparison import Comparison
from albench.metric_table import metric_named


def metric_words(metric: str, split: str = "") -> str:
    """A metric as a sentence or an axis names it: ``test macro F1``."""
    return f"{split} {metric_named(metric).title}".strip()


def baseline_words(comparison: Comparison, rows: Sequence[object]) -> str:
    """The baseline's name; where methods differ, that it is each row's own method's."""
    name = comparison.baseline or "a baseline"
    own = comparison.baseline and "/" not in comparison.baseline
    return f"{name} with the same method" if own and len({getattr(row, "method", "") for row in rows}) > 1 else name


def row_names(rows: Sequence[object]) -> list[str]:
    """Each row's name, without what all of them share."""
    parts = {part: [str(getattr(row, part)) for row in rows] for part in ("method", "strategy", "backbone")}
    differ = {part for part, values in parts.items() if len(set(values)) > 1}
    named = [part for part in ("method", "strategy") if part in differ] or ["strategy"]
    names = ["/".join(parts[part][at] for part in named) for at in range(len(rows))]
    return [f"{name} on {parts['backbone'][at]}" if "backbone" in differ else name for at, name in enumerate(names)]
