"""The measurements of a machine: what is counted, what is kept, and what a user is shown."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from albench.bench import machine
from albench.bench.measured import Case
from albench.bench.queries import CLASSES, LABELED, pool, query
from albench.bench.rates import Rates, best_seconds, measured_rates, product_rate
from albench.bench.steps import lane_seconds, whole_and_bare
from albench.cli.main import main
from albench.render.bench import bench_tables, sections

RATES = Rates(read=4e9, product=1e11, logarithm=1e9)


class TestMeasuring:
    def test_the_first_try_does_not_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = iter([0.0, 1.0, 10.0, 15.0, 20.0, 23.0])
        monkeypatch.setattr("albench.bench.rates.time.perf_counter", lambda: next(clock))
        assert best_seconds(lambda: None, tries=2) == 3.0

    def test_a_rate_counts_two_operations_for_a_product(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("albench.bench.rates.best_seconds", lambda *_: 0.5)
        assert product_rate(side=10) == 2 * 10**3 / 0.5
        assert measured_rates(small=True).read == 4 * 1_000_000 / 0.5

    def test_steps_and_lanes_are_carried_out(self) -> None:
        case = Case("mlp", (16,), 3, 200, steps=2)
        assert min(whole_and_bare(case, blocks=1)) > 0
        one, each, together = lane_seconds(case, 3, blocks=1)
        assert min(one, each, together) > 0

    def test_a_pool_has_labelled_items_apart(self) -> None:
        view = pool(300, 8)
        assert len(view) == 300
        assert view.embeddings.shape == (300, 8)
        assert view.probs.shape == (300, CLASSES)
        assert len(view.labeled_y) == len(view.labeled_embeddings) == LABELED

    @pytest.mark.parametrize("name", ["entropy", "coreset", "badge", "boostmis"])
    def test_queries_choose(self, name: str) -> None:
        assert len(set(query(name, 300, 20, 8)().tolist())) == 20  # type: ignore[attr-defined]  # a tensor


class TestKept:
    @pytest.fixture
    def found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setenv(machine.VARIABLE, str(tmp_path / "cache"))
        content = {"format": machine.FORMAT, "machine": machine.asdict(machine.this_machine()), "rates": {}}
        machine.write(content, machine.cache_file())
        return content

    def test_what_was_measured_here_is_found_again(self, found: dict[str, Any]) -> None:
        assert machine.load() == found
        assert machine.load("cuda:0") is None

    @pytest.mark.parametrize("change", [{"format": 0}, {"machine": {"host": "another"}}, {"machine": None}])
    def test_what_was_measured_elsewhere_does_not_count(self, found: dict[str, Any], change: dict[str, Any]) -> None:
        machine.write({**found, **change}, machine.cache_file())
        assert machine.load() is None

    @pytest.mark.parametrize("text", ["", "{", "[]", "null"])
    def test_a_damaged_file_does_not_count(self, found: dict[str, Any], text: str) -> None:
        machine.cache_file().write_text(text)
        assert machine.load() is None


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


def test_the_command_measures_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(machine.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr("albench.bench.measure.start_seconds", lambda: 1.0)
    file = tmp_path / "numbers.json"
    with pytest.raises(SystemExit) as end:
        main(["bench", "--small", "--device", "cpu", "--json", str(file)])
    assert end.value.code == 0
    assert set(json.loads(file.read_text())) == {
        *("format", "made", "machine", "rates", "steps", "lanes", "queries", "start")
    }
    assert "The processor" in capsys.readouterr().out
    assert not (tmp_path / "cache").exists(), "a try is not kept"


def test_a_device_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["bench", "--device", "cuda:99"])
    assert end.value.code == 2
    assert "cuda:99" in capsys.readouterr().err


def test_a_worker_that_does_not_start_in_time_is_given_up() -> None:
    assert machine.start_seconds("import time; time.sleep(60)", limit=0.5) == 0.5
    assert machine.start_seconds("pass") < 60


BENCHMARKS = Path(__file__).parents[3] / "benchmarks" / "perf"


@pytest.mark.parametrize("script", ["step", "lanes", "strategies", "cuda"])
def test_the_benchmark_scripts_find_what_they_share(script: str) -> None:
    file = BENCHMARKS / f"{script}.py"
    done = subprocess.run([sys.executable, file, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
