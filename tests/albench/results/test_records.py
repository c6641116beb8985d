"""One seed, one result: records are the same however a suite was carried out, and after any interruption."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench

Stable = Callable[[Path], dict[str, list[dict[str, Any]]]]
METHODS = ["supervised", "boostmis"]


def test_two_runs_give_the_same_records(small_run: Any, stable_records: Stable, tmp_path: Path) -> None:
    for name in ("a", "b"):
        small_run(method=METHODS, strategy=["boostmis", "random"], seeds=2, name=name)
    first, second = (stable_records(tmp_path / "results" / name) for name in ("a", "b"))
    assert len(first) == 8
    assert first == second
    assert all(len(records) == 3 for records in first.values())


def test_executors_orders_and_company_change_nothing(small_run: Any, stable_records: Stable, tmp_path: Path) -> None:
    small_run(method=METHODS, strategy=["boostmis", "coreset"], seeds=2, name="local")
    small_run(
        method=METHODS, strategy=["coreset", "boostmis"], seeds=[1, 0], name="two", executor="processes[workers=2]"
    )
    small_run(method="boostmis", strategy="boostmis", seeds=[1], name="alone")
    results = {name: stable_records(tmp_path / "results" / name) for name in ("local", "two", "alone")}
    assert results["local"] == results["two"]
    ((key, records),) = results["alone"].items()
    assert results["local"][key] == records


def test_the_hash_seed_changes_nothing(stable_records: Stable, tmp_path: Path, toy: str, nursery: Any) -> None:
    """A process of a given one, and a fork of one that drew its own."""
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run(command(toy, tmp_path, "1", seeds=1), env=environment, check=True, capture_output=True)
    assert os.environ.get("PYTHONHASHSEED") != "1"
    nursery.run(*command(toy, tmp_path, "drawn", seeds=1)[3:], cwd=tmp_path).check_returncode()
    assert stable_records(tmp_path / "1") == stable_records(tmp_path / "drawn")


def test_threads_that_the_environment_allows_change_nothing(
    stable_records: Stable, tmp_path: Path, toy: str, nursery: Any
) -> None:
    """A trial pins the threads of torch and of every BLAS and OpenMP library, so that sums stay the same."""
    plugin = tmp_path / "sums.py"
    plugin.write_text(SUMS)
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        words = command(toy, tmp_path, threads, seeds=1, executor="processes[workers=1]")
        words += ["--plugin", str(plugin), "-s", "numpy-sums"]
        environment = {**os.environ, **dict.fromkeys(names, threads)}  # which the workers' libraries read as they load
        nursery.run(*words[3:], cwd=tmp_path, environment=environment).check_returncode()
    one, two = (stable_records(tmp_path / threads) for threads in ("1", "2"))
    assert len(one) == 2
    assert one == two


SUMS = """
import numpy as np
from threadpoolctl import threadpool_info
from albench.api import Strategy, hookimpl

class NumpySums(Strategy):
    def scores(self, view):
        numbers = view.rng.standard_normal(1_000_000)
        view.note("sum", numbers @ numbers)
        view.note("threads", max(library["num_threads"] for library in threadpool_info()))
        return view.x.flatten(1)[:, 0].float()

@hookimpl
def albench_register(add):
    add.strategy("numpy-sums", NumpySums, "products whose sums depend on the number of threads")
"""


def command(
    toy: str, out: Path, name: str, seeds: int = 2, executor: str = "local", method: str = "boostmis"
) -> list[str]:
    return [
        *(sys.executable, "-m", "albench", "run", "--plugin", toy, "-d", "blobs", "-m", method, "-s", "boostmis"),
        *("--seeds", str(seeds), "--initial", "12", "--query-size", "8", "--rounds", "4", "--steps", "20"),
        *("--set", "batch_size=16", "--warm-start", "--out", str(out), "--name", name, "--executor", executor),
    ]


def written(folder: Path) -> int:
    """Bytes of all records."""
    return sum(path.stat().st_size for path in folder.glob("trials/*/rounds.jsonl"))


def group_is_there(number: int) -> bool:
    """Whether a group has a process."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_workers_and_says_how_to_go_on(
    toy: str, held: Path, tmp_path: Path, stable_records: Stable, nursery: Any
) -> None:
    def words(name: str, executor: str) -> list[str]:
        return [*command(toy, tmp_path, name, executor=executor, method="held-boostmis")[3:], "--plugin", str(held)]

    hold, log, errors = (held.with_suffix(suffix) for suffix in (".hold", ".log", ".errors"))
    hold.write_text("25")  # in the second round
    pid = nursery.start(words("stopped", "processes[workers=2]"), log, errors=errors)
    nursery.until(pid, lambda: written(tmp_path / "stopped"))
    os.kill(pid, signal.SIGINT)
    assert nursery.wait(pid) == 130
    until = time.monotonic() + 300
    while group_is_there(pid):  # its workers wait in the second round; what they are forks of leaves after the command
        assert time.monotonic() < until, "workers live on"
        time.sleep(0.01)
    assert errors.read_text().strip() == "stopped: run the same command again to go on where it was."
    hold.unlink()
    for name in ("stopped", "whole"):
        nursery.run(*words(name, "local"), cwd=tmp_path).check_returncode()
    assert stable_records(tmp_path / "stopped") == stable_records(tmp_path / "whole")


def test_a_missing_or_damaged_checkpoint_means_that_the_trial_is_made_again(
    small_run: Any, stable_records: Stable, tmp_path: Path
) -> None:
    folder = tmp_path / "results" / "blobs"
    small_run(start="warm")
    whole = stable_records(folder)
    for content in (None, b"PK\x03\x04 not a checkpoint"):
        (records,) = folder.glob("trials/*/rounds.jsonl")
        records.write_text("".join(records.read_text().splitlines(keepends=True)[:2]))
        if content:
            (records.parent / "checkpoint-1.pt").write_bytes(content)
        small_run(start="warm")
        assert stable_records(folder) == whole


def test_the_checkpoint_of_a_run_killed_after_its_last_record_is_removed(small_run: Any, tmp_path: Path) -> None:
    small_run(start="warm")
    (records,) = tmp_path.glob("results/blobs/trials/*/rounds.jsonl")
    leftover = records.parent / "checkpoint-1.pt"
    leftover.write_bytes(b"of the last round but one")
    small_run(start="warm")
    assert not leftover.exists()


def test_cold_starts_need_no_checkpoint(small_run: Any, stable_records: Stable, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "blobs"
    small_run(method="boostmis")
    whole = stable_records(folder)
    (records,) = folder.glob("trials/*/rounds.jsonl")
    first = records.read_text().splitlines(keepends=True)[0]
    records.write_text(first)
    small_run(method="boostmis")
    assert stable_records(folder) == whole
    assert records.read_text().startswith(first), "the first round was not made again"


def test_every_setting_is_a_column(small_run: Any, tmp_path: Path) -> None:
    small_run(lr=0.1)
    assert small_run(lr=0.01).frame["protocol.lr"].unique().tolist() == [0.01]
    frame = albench.load(tmp_path / "results").frame
    assert sorted(part["protocol.lr"].unique().tolist() for _, part in frame.groupby("protocol")) == [[0.01], [0.1]]
    assert set(frame["protocol.lanes"]) == {"off"}
    assert frame["data_hash"].str.len().gt(8).all()


def test_what_is_complete_is_not_run_again(small_run: Any, tmp_path: Path) -> None:
    small_run()
    (records,) = (tmp_path / "results").glob("*/trials/*/rounds.jsonl")
    before = records.stat().st_mtime_ns
    results = small_run(strategy=["random", "entropy"])
    assert records.stat().st_mtime_ns == before
    assert sorted(results.frame["strategy"].unique()) == ["entropy", "random"]
    small_run(fresh=True)
    assert records.stat().st_mtime_ns > before


def test_the_record_holds_what_the_docs_promise(small_run: Any, tmp_path: Path) -> None:
    small_run(method="boostmis", strategy="boostmis", validation="all")
    (path,) = (tmp_path / "results").glob("*/trials/*/rounds.jsonl")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    facts = json.loads((path.parent / "trial.json").read_text())
    for record in records:
        assert set(record) == {
            *("round", "n_labeled", "queried", "val", "test", "test_items", "pseudo_label", "query", "training"),
            *("initial_hash", "seconds", "peak_memory_mb", "checksum"),
        }
        metrics = {"accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "auroc"}
        assert {*metrics, "average_precision", "recall.low", "ece"} <= set(record["test"]) == set(record["val"])
        assert set(record["seconds"]) == {"train", "evaluate", "query"}
        assert 0 <= record["pseudo_label"]["accepted"] <= 1
        assert record["initial_hash"] == facts["initial_hash"]
    assert [r["n_labeled"] for r in records] == [12, 20, 28]
    assert [len(r["queried"]) for r in records] == [8, 8, 0]
    assert {name: sum(counts) for name, counts in records[0]["query"]["per_class"].items()} == {
        "all": 8,
        "unstable": 4,
        "uncertain": 4,
    }
    assert 0 <= records[0]["query"]["minority_share"]["unstable"] <= 1
    assert {"rejected", "rejected_share", "selector_overlap"} <= set(records[0]["query"]["notes"])


def test_everything_of_a_seed_starts_from_the_same_labels(small_run: Any, tmp_path: Path) -> None:
    small_run(method=METHODS, strategy=["random", "coreset"], seeds=2)
    by_seed: dict[int, set[str]] = {}
    for path in (tmp_path / "results").glob("*/trials/*/trial.json"):
        facts = json.loads(path.read_text())
        by_seed.setdefault(facts["seed"], set()).add(facts["initial_hash"])
    assert all(len(hashes) == 1 for hashes in by_seed.values())
    assert by_seed[0] != by_seed[1]


def test_a_query_raises_the_threshold_in_the_next_round(small_run: Any, tmp_path: Path) -> None:
    small_run(method="boostmis", strategy="random", rounds=2)
    (path,) = (tmp_path / "results").glob("*/trials/*/rounds.jsonl")
    first, second = (json.loads(line)["training"]["threshold"] for line in path.read_text().splitlines())
    assert max(first) == pytest.approx(0.9)
    assert max(second) == pytest.approx(0.95), "beta * N_A / 2K = 0.05 after a full query"


def test_the_global_random_state_is_left_alone(small_run: Any) -> None:
    import numpy as np
    import torch

    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    small_run(method="boostmis", strategy="boostmis", validation="all")
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all()  # noqa: NPY002
    assert before[2] == random.getstate()


def test_images_train_too(small_run: Any) -> None:
    results = small_run(dataset="stripes", method="fixmatch", strategy="coreset", steps=30)
    final = results.frame[results.frame["round"] == 2]["test.accuracy"].iloc[0]
    assert final > 0.8, "stripes are easy to tell apart"
