"""CSV: one line a number, as pandas reads it."""

from __future__ import annotations

import io

import pandas as pd

from albench.compare import Comparison
from albench.render import render


def test_csv_is_read_by_pandas_as_it_is(comparison: Comparison) -> None:
    table = pd.read_csv(io.StringIO(render(comparison, "csv")))
    beside = {"std", "iqm", "labels_saved", "wins"}
    assert set(table["kind"]) == {"answer", "labels", "aubc", "difference", "failed", "note"} | beside
    assert (table["kind"] == "failed").sum() == 3
    assert len(table.query("kind == 'labels'")) == len(comparison.rows) * 6
