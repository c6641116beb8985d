"""The comparison as CSV at full precision: one line a number, so that a spreadsheet or pandas reads it as it is."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from albench.compare import Comparison, Difference, Estimate

_FIELDS = (
    "kind",
    "dataset",
    "stand_in",
    "protocol",
    "backbone",
    "method",
    "strategy",
    "rank",
    "metric",
    "n_labeled",
    "mean",
    "half_width",
    "n_seeds",
    "best",
    "clear",
    "baseline",
    "p",
    "p_holm",
    "verdict",
    "seed",
    "text",
)


def to_text(comparison: Comparison) -> str:
    """Lines of five kinds.

    ``labels`` (a mean at a label count), ``aubc``, ``difference`` (of the ranked value, against ``baseline``),
    ``failed``, ``skipped`` or ``incomplete`` (a trial and, in ``text``, why) and ``note`` (in ``text``). A field that
    does not apply, or has no value, is empty.
    """
    file = io.StringIO()
    writer = csv.DictWriter(file, _FIELDS, lineterminator="\n")
    writer.writeheader()
    for line in _lines(comparison):
        writer.writerow({name: _field(value) for name, value in line.items()})
    return file.getvalue()


def _lines(comparison: Comparison) -> Iterator[dict[str, Any]]:
    metric = f"{comparison.split}.{comparison.metric}"
    for group in comparison.groups:
        for row in group.rows:
            base = {**_names(row), "stand_in": group.stand_in, "rank": row.rank, "metric": metric}
            for labels, cell in row.cells.items():
                yield {"kind": "labels", **base, "n_labeled": labels, **_estimate(cell)}
            yield {"kind": "aubc", **base, **_estimate(row.aubc)}
            if row.difference:
                yield {"kind": "difference", **base, "n_labeled": group.ranked, **_difference(row.difference)}
    for trial in comparison.failed:
        yield {"kind": trial.status, **_names(trial), "seed": trial.seed, "text": trial.reason}
    for note in comparison.notes:
        yield {"kind": "note", "text": note}


def _names(entry: Any) -> dict[str, str]:
    return {name: getattr(entry, name) for name in ("dataset", "protocol", "backbone", "method", "strategy")}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "mean": estimate.mean,
        "half_width": estimate.half_width,
        "n_seeds": estimate.n,
        "best": estimate.best,
        "clear": estimate.clear,
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "baseline": f"{difference.method}/{difference.strategy}",
        "mean": difference.mean,
        "half_width": difference.half_width,
        "n_seeds": difference.n,
        "p": difference.p,
        "p_holm": difference.p_holm,
        "verdict": difference.verdict,
    }


def _field(value: Any) -> Any:
    """Empty for nothing; floats in as many digits as they need."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return "" if value is None else value
