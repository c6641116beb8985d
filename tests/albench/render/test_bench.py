"""Each measurement beside what is good."""

from __future__ import annotations

import io

from rich.console import Console

from albench.render.bench import bench_tables, sections

SMALL = {
    "machine": {"processor": "A processor", "cores": 4, "torch": "2.13", "device": "cpu"},
    "rates": {
        "one": {"read": 20e9, "product": 100e9, "logarithm": 1e9},
        "all": {"read": 20e9, "product": 200e9, "logarithm": 1e9},
    },
    "steps": {"mlp": {"whole": 0.011, "bare": 0.010, "goal": 1.25}},
    "lanes": {"case": "mlp", "lanes": 8, "one": 1.0, "each": 8.0, "together": 9.0},
    "queries": {"entropy": {"seconds": 0.3, "floor": 0.1, "goal": 5, "items": 2, "size": 3, "query_size": 1}},
    "start": 2.0,
}


def test_each_measurement_is_shown_beside_what_is_good() -> None:
    lines = {line.what: line for part in sections(SMALL) for line in part.lines}
    assert lines["mlp"].here == "11.0 ms, 1.10 x bare"
    assert lines["mlp"].fine
    assert lines["multiply, 4 threads"].here == "200 GFLOP/s, 2.0 x one"
    assert not lines["multiply, 4 threads"].fine  # twice as fast on four cores
    assert not lines["8 seeds together"].fine
    assert lines["entropy"].here == "300 ms, 3.0 x floor"
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(bench_tables(SMALL))
    assert "keep --lanes off on this machine" in " ".join(console.export_text().split())


def test_a_gpu_is_judged_by_its_own_rates() -> None:
    rates = {"one": {"read": 3e12, "product": 5e13, "logarithm": 1e9}, "bfloat16": 7e14}
    lines = {line.what: line for part in sections({**SMALL, "rates": rates}) for line in part.lines}
    assert lines["multiply, bfloat16"].here == "700 TFLOP/s, 14.0 x float32"
    assert lines["read memory"].here == "3,000 GB/s"
