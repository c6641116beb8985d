"""Learning curves on a terminal: every metric at every width."""

from __future__ import annotations

import io

import pytest
from rendered import stand_in_records
from rich.console import Console

from albench.compare import learning_curve_table
from albench.render import curve_tables

NAN = float("nan")


@pytest.mark.parametrize("width", [50, 80, 120])
def test_curve_tables_show_every_metric_at_every_width(width: int) -> None:
    data = stand_in_records(rounds=3, methods=("boostmis",), names=("random",))
    data.loc[(data["seed"] == 0) & (data["round"] == 1), "test.auroc"] = NAN
    (table,) = learning_curve_table(data, metrics=["macro_f1", "auroc"])
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(curve_tables([table]))
    text = captured.get()
    assert max(map(len, text.splitlines())) <= width
    for row in table.rows:
        for estimate in row.estimates.values():
            assert f"{estimate.mean:.3f} ± {estimate.half_width:.3f}" in text
    assert f"{table.rows[1].estimates['auroc'].half_width:.3f} (3)" in text
    assert "stand-in for MESCC" in text
