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


def test_the_hash_seed_changes_nothing(stable_records: Stable, tmp_path: Path, toy: str) -> None:
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run(command(toy, tmp_path, hash_seed, seeds=1), env=environment, check=True, capture_output=True)
    assert stable_records(tmp_path / "1") == stable_records(tmp_path / "2")


def command(toy: str, out: Path, name: str, seeds: int = 2, executor: str = "local", steps: int = 60) -> list[str]:
    return [
        *(sys.executable, "-m", "albench", "run", "--plugin", toy, "-d", "blobs", "-m", "boostmis", "-s", "boostmis"),
        *("--seeds", str(seeds), "--initial", "12", "--query-size", "8", "--rounds", "4", "--steps", str(steps)),
        *("--set", "batch_size=16", "--warm-start", "--out", str(out), "--name", name, "--executor", executor),
    ]


@pytest.mark.parametrize("executor", ["local", "processes[workers=2]"])
def test_a_killed_run_goes_on_and_ends_the_same(
    toy: str, tmp_path: Path, stable_records: Stable, executor: str
) -> None:
    subprocess.run(command(toy, tmp_path, "whole", seeds=4), check=True, capture_output=True)
    rng = random.Random(3)
    kills = 0
    for _ in range(6):
        process = subprocess.Popen(
            command(toy, tmp_path, "killed", seeds=4, executor=executor),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        lines = written(tmp_path / "killed")
        while process.poll() is None and written(tmp_path / "killed") == lines:
            time.sleep(0.01)
        time.sleep(rng.random() * 0.3)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 3, "the run ended before it could be killed"
    subprocess.run(command(toy, tmp_path, "killed", seeds=4, executor=executor), check=True, capture_output=True)
    assert stable_records(tmp_path / "killed") == stable_records(tmp_path / "whole")
    assert not list(tmp_path.glob("killed/trials/*/checkpoint*"))


def written(folder: Path) -> int:
    """Bytes of all records."""
    return sum(path.stat().st_size for path in folder.glob("trials/*/rounds.jsonl"))


def test_two_processes_on_one_suite_carry_out_each_trial_once(toy: str, tmp_path: Path, stable_records: Stable) -> None:
    subprocess.run(command(toy, tmp_path, "whole", seeds=3), check=True, capture_output=True)
    both = [
        subprocess.Popen(command(toy, tmp_path, "shared", seeds=3), stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    printed = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    assert stable_records(tmp_path / "shared") == stable_records(tmp_path / "whole")
    lines = [path.read_text().count("\n") for path in tmp_path.glob("shared/trials/*/rounds.jsonl")]
    assert lines == [4, 4, 4], "each round once"


def test_ctrl_c_says_how_to_go_on(toy: str, tmp_path: Path, stable_records: Stable) -> None:
    subprocess.run(command(toy, tmp_path, "whole", steps=600), check=True, capture_output=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        name = f"stopped-{int(number)}"
        process = subprocess.Popen(
            command(toy, tmp_path, name, executor="processes[workers=2]", steps=600),
            stderr=subprocess.PIPE,
            text=True,
            # A shell's background job inherits an ignored SIGINT; Ctrl-C is pressed in the foreground.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        while process.poll() is None and not written(tmp_path / name):
            time.sleep(0.01)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        assert errors.strip() == "stopped: run the same command again to go on where it was."
        subprocess.run(command(toy, tmp_path, name, steps=600), check=True, capture_output=True)
        assert stable_records(tmp_path / name) == stable_records(tmp_path / "whole")


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
    small_run(method="boostmis", strategy="boostmis")
    (path,) = (tmp_path / "results").glob("*/trials/*/rounds.jsonl")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    facts = json.loads((path.parent / "trial.json").read_text())
    for record in records:
        assert set(record) == {
            *("round", "n_labeled", "queried", "val", "test", "pseudo_label", "query", "training"),
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
    small_run(method="boostmis", strategy="boostmis")
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all()  # noqa: NPY002
    assert before[2] == random.getstate()


def test_images_train_too(small_run: Any) -> None:
    results = small_run(dataset="stripes", method="fixmatch", strategy="coreset", steps=30)
    final = results.frame[results.frame["round"] == 2]["test.accuracy"].iloc[0]
    assert final > 0.8, "stripes are easy to tell apart"
