"""The table of a CUDA machine, tried out without one."""

from __future__ import annotations

import os
from pathlib import Path

from forks import Nursery

SCRIPT = str(Path(__file__).parents[2] / "benchmarks" / "perf" / "cuda.py")


def test_the_script_prints_every_row_at_small_size(nursery: Nursery, tmp_path: Path) -> None:
    done = nursery.run(SCRIPT, "--device", "cpu", "--small", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[0].removeprefix("| ").split(",")[0] for row in rows] == [
        *("case", "step", "step", "step", "pipeline", "query", "query", "query", "query", "2 lanes")
    ]
    assert {len(row) for row in rows} == {5}
    assert all(float(row[3]) > 0 for row in rows[1:])


def test_the_checks_are_tried_out_on_a_pretended_device(nursery: Nursery, tmp_path: Path) -> None:
    done = nursery.run(SCRIPT, "--pretended", "--checks", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    name, _, checks = done.stdout.partition("| check | found | is to be |")
    assert name.startswith("pretended CUDA, torch")
    rows = dict(line.strip("| ").split(" | ")[:2] for line in checks.splitlines() if line.startswith("| "))
    assert rows["one seed twice"] == "2 of 2 records the same"
    assert rows["killed in round 1 and started again"] == "2 of 2 records the same; 1 of 2 rounds were there"
    assert rows["lanes beside the same seeds alone"].startswith("4 of 4 queries the same")
    assert rows["steps as CUDA graphs beside steps without"] == "1 of 1 records the same"
    assert "16 of 16 GiB free" in rows["memory"]
    for name in ("`pytest -m cuda`", "`albench doctor`", "`albench bench`"):
        assert rows[name] == "not measured: another process sees no pretended device"


def test_what_to_bring_is_albench_and_what_it_needs_but_torch(nursery: Nursery, tmp_path: Path) -> None:
    done = nursery.run(SCRIPT, "--wheels", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"'pluggy>=1.3'", "'pytest'", "'pillow'"} <= set(done.stdout.split())
    assert "'torch" not in done.stdout


def test_without_a_device_it_says_what_to_type(nursery: Nursery, tmp_path: Path) -> None:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = nursery.run(SCRIPT, "--device", "cuda:0", cwd=tmp_path, environment=environment)
    assert done.returncode == 1
    assert "sees no cuda:0: try --pretended, or --device cpu --small" in done.stderr
