"""``albench run``: what it prints, its exit codes, and trials that fail."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

LOCAL = ["--executor", "local"]


SMALL = [
    "--initial",
    "12",
    "--query-size",
    "8",
    "--rounds",
    "2",
    "--steps",
    "10",
    "--seeds",
    "2",
    "--set",
    "batch_size=16",
]


Inside = Callable[..., subprocess.CompletedProcess[str]]


Refuse = Callable[..., str]


WRONG = ["raise", "count", "twice", "ids", "float", "undeclared", "note"]


def test_the_main_job_on_small_data(tmp_path: Path, toy: str, inside: Inside, nursery: Any) -> None:
    first = nursery.run("run", "--plugin", toy, "-d", "blobs", "--strategy", "boostmis", *SMALL, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "stand-in for BLOBS" in first.stdout
    assert "macro" in first.stdout.lower()
    assert "Next: " in first.stdout
    assert f"Next: albench run --plugin {toy} -d blobs " in first.stdout
    assert "--strategy random, then albench compare" in first.stdout
    again = inside("run", "--plugin", toy, "-d", "blobs", "--strategy", "boostmis", *SMALL)
    assert "2 trials are complete already, 0 to run" in again.stdout
    beside = inside("run", "--plugin", toy, "-d", "blobs", "--strategy", "random", *SMALL, *LOCAL)
    assert beside.returncode == 0
    compared = inside("compare", "--format", "json")
    assert {"boostmis", "random"} <= set(compared.stdout.replace('"', " ").split())
    for form in ("table", "markdown", "latex", "csv"):
        shown = inside("compare", "--format", form)
        assert shown.returncode == 0, shown.stderr
        assert "random" in shown.stdout
        assert "BLOBS" in shown.stdout, "a stand-in is called one in every table"


def test_a_dry_run_prints_the_plan_and_writes_nothing(tmp_path: Path, toy: str, inside: Inside) -> None:
    done = inside("run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch", "-s", "random", *SMALL, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "2 trials" in done.stdout
    assert "estimated time: about " in done.stdout
    assert "labels 12, 20" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_suite_file_runs(tmp_path: Path, toy: str, inside: Inside) -> None:
    (tmp_path / "s.yaml").write_text(
        "datasets: [blobs]\nmethods: [fixmatch]\nstrategies: [random, coreset]\nseeds: 1\n"
        "protocol: {initial: 12, query_size: 8, rounds: 2, steps: 10, batch_size: 16}\n"
    )
    done = inside("run", "s.yaml", "--plugin", toy, "--steps", "12", "--name", "mine", *LOCAL)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "results" / "mine" / "manifest.json").read_text())
    assert manifest["runs"][0]["trials"] == 2
    assert [p["steps"] for p in manifest["protocols"].values()] == [12]


def test_several_budgets_are_run_resumed_and_compared_as_one(inside: Inside) -> None:
    words = ["-d", "digits", "-s", "random", "-s", "entropy", "-m", "supervised", "--backbone", "cnn[width=8]"]
    words += ["--steps", "3", "--seeds", "3", "--set", "evaluations=1", *LOCAL]
    low = inside("run", *words, "--budget", "12+1x8")
    assert low.returncode == 0, low.stderr
    assert "12+1x8" not in low.stdout, "one budget has no name"
    plan = inside("run", *words, "--initial", "12,30", "--query-size", "8", "--rounds", "2", "--dry-run").stdout
    assert "12 trials = 1 data set x 2 budgets x 1 method x 2 strategies x 3 seeds; 2 rounds of 3 steps" in plan
    assert "6 trials are complete already, 6 to run" in plan
    assert "  12+1x8: labels 12, 20 of " in plan
    assert "supervised + random  cnn[width=8]  30+1x8  seeds 0 to 2" in plan
    both = inside("run", *words, "--budget", "12+1x8", "--budget", "30+1x8")
    assert "6 trials are complete already, 6 to run" in both.stdout
    assert "[6/6] digits  supervised + entropy  30+1x8  seed 2  done" in both.stdout
    shown = inside("compare").stdout
    assert shown.startswith("Over 2 budgets, in test macro F1, ")
    assert "digits, 2 budgets together" in both.stdout
    for text in ("digits (12+1x8)", "digits (30+1x8)", "digits, 2 budgets together", "low 12+1x8", "high 30+1x8"):
        assert text in shown


def test_an_output_folder_that_cannot_be_written(tmp_path: Path, toy: str, refuse: Refuse) -> None:
    (tmp_path / "file").write_text("")
    error = refuse("run", "--plugin", toy, "-d", "blobs", "-s", "random", *SMALL, "--out", str(tmp_path / "file"))
    assert "cannot be written" in error
    assert "--out" in error


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"train_images": np.zeros((4, 8, 8), np.uint8)}, "train_labels"),
        ({}, "absent"),
    ],
)
def test_an_npz_without_the_arrays(arrays: dict, message: str, tmp_path: Path, refuse: Refuse) -> None:
    path = tmp_path / ("data.npz" if arrays else "absent.npz")
    if arrays:
        np.savez(path, **arrays)
    assert message in refuse("run", "-d", f"npz[path={path}]", "-s", "random")


def test_a_failing_trial_is_told_and_the_others_are_carried_out(toy: str, inside: Inside) -> None:
    strategies = [word for how in WRONG for word in ("-s", f"wrong[how={how}]")]
    done = inside(
        *("run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch", *strategies, "-s", "wrong[how=skip]"),
        *("-s", "random", *SMALL, "--seeds", "1", "--executor", "local"),
    )
    assert done.returncode == 1
    assert "Traceback (most recent" not in done.stdout + done.stderr
    for message in (
        "RuntimeError: no idea what to pick",
        "returned 7 positions, 8 were asked for",
        "returned 7 positions twice",
        "positions in the view are asked for, not pool ids",
        "must return a 1-d tensor of whole numbers",
        "add 'probs' to its needs",
        "note 'bad' is nan",
        "it was told to",
    ):
        assert message in done.stdout
    compared = inside("compare").stdout
    assert "no idea what to pick" in compared, "failed trials are shown, not absent"


def test_workers_that_die_fail_their_trials_alone(toy: str, inside: Inside) -> None:
    done = inside(
        *("run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch", "-s", "wrong[how=exit]", "-s", "wrong[how=die]"),
        *("-s", "first", *SMALL, "--seeds", "1", "--executor", "processes[workers=2]"),
    )
    assert done.returncode == 1
    for message in ("ended with exit code 7", "killed by SIGKILL"):
        assert done.stdout.count(message) == 2, "a trial, told when it ends and in the closing list"
    frame = json.loads(inside("compare", "--format", "json").stdout)
    assert "first" in json.dumps(frame)


def test_a_failed_trial_runs_again(tmp_path: Path, toy: str, nursery: Any) -> None:
    flaky = tmp_path / "flaky.py"
    body = (
        "from albench.api import Strategy, hookimpl\n\nclass Flaky(Strategy):\n"
        "    def select(self, view, budget):\n        {}\n\n"
        "@hookimpl\ndef albench_register(add):\n    add.strategy('flaky', Flaky, 'fails at first')\n"
    )
    words = [
        "run",
        "--plugin",
        toy,
        "--plugin",
        str(flaky),
        "-d",
        "blobs",
        "-m",
        "fixmatch",
        "-s",
        "flaky",
        *SMALL,
        *LOCAL,
    ]
    flaky.write_text(body.format("raise OSError('disk')"))
    assert nursery.run(*words, cwd=tmp_path).returncode == 1
    flaky.write_text(body.format("return view.index.argsort()[:budget]"))
    assert nursery.run(*words, cwd=tmp_path).returncode == 0
    assert not list(tmp_path.glob("results/*/trials/*/outcome.json"))


def test_a_tracker_is_told_and_a_failing_one_is_reported_once(tmp_path: Path, toy: str, inside: Inside) -> None:
    path = tmp_path / "tracker.py"
    path.write_text(
        "from pathlib import Path\nfrom albench.api import hookimpl\n\n"
        "def note(text):\n    with Path('told').open('a') as handle:\n        handle.write(text + '\\n')\n\n"
        "@hookimpl\ndef albench_suite_start(suite):\n    note(f'suite {suite.n_trials}')\n\n"
        "@hookimpl\ndef albench_trial_start(trial):\n    note(f'start {trial.seed}')\n\n"
        "@hookimpl\ndef albench_round_end(event):\n    note(f'round {event.record[\"round\"]}')\n"
        "    raise ValueError('down')\n\n"
        "@hookimpl\ndef albench_trial_end(trial):\n    note(trial.status)\n\n"
        "@hookimpl\ndef albench_suite_end(suite):\n    note('over')\n"
    )
    done = inside(
        *("run", "--plugin", toy, "--plugin", str(path), "-d", "blobs", "-m", "fixmatch", "-s", "random"),
        *(*SMALL, "--seeds", "1"),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "told").read_text().split("\n")[:-1] == [
        *("suite 1", "start 0", "round 0", "round 1", "done", "over")
    ]
    assert done.stdout.count("albench_round_end failed: ValueError: down") == 1
