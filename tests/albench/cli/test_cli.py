"""The command line as a user types it: what it prints, its exit codes, and that bad input writes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from albench.cli.main import cli, main

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


def albench(tmp_path: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "albench", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "120", **environment},
        check=False,
    )


@pytest.fixture
def inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line in this process, in a folder of its own: no second import of torch."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        return subprocess.CompletedProcess(words, int(end.value.code or 0), captured.out, captured.err)

    return run


Inside = Callable[..., subprocess.CompletedProcess[str]]


def refuse(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run in this process; the command must end with exit code 2 and one line."""
    with pytest.raises(SystemExit) as end:
        main(list(words))
    captured = capsys.readouterr()
    assert end.value.code == 2, captured.err
    assert captured.err.count("\n") == 1, captured.err
    assert captured.err.startswith("Error: ")
    assert "Traceback" not in captured.err + captured.out
    return captured.err


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "-s", "bostmis"], "did you mean 'boostmis'"),
        (["run", "-m", "fixmach"], "did you mean 'fixmatch'"),
        (["run", "-d", "digts"], "did you mean 'digits'"),
        (["run", "--backbone", "mpl"], "did you mean 'mlp'"),
        (["run", "--executor", "process", "-d", "digits"], "did you mean 'processes'"),
        (["run", "-d", "digits", "-s", "boostmis[n_neighbours=3]"], "did you mean 'n_neighbors'"),
        (["run", "-d", "digits", "-s", "boostmis[n_neighbors=x]"], "'x' is not a whole number"),
        (["run", "-d", "digits[", "-s", "random"], "']' is missing"),
        (["run", "-d", "digits", "--query-size", "0"], "query-size is 0"),
        (["run", "-d", "digits", "--initial", "5000"], "more than the pool"),
        (["run", "-d", "digits", "--initial", "ten"], "neither a number of labels nor a share"),
        (["run", "-d", "digits", "--device", "cuda:7"], "cuda:7"),
        (["run", "-d", "digits", "--device", "gpu"], "not a device"),
        (["run", "-d", "digits", "--seeds", "0"], "not a number of seeds"),
        (["run", "-d", "digits", "--plugin", "absent.py"], "no such file"),
        (["run", "-d", "digits", "--set", "lr=fast"], "'fast' is not a number"),
        (["run", "-d", "digits", "--set", "learning=1"], "--set learning: no such setting; there is initial, "),
        (["run", "-d", "digits", "--set", "rounds=1"], "use its own option --rounds"),
        (["run", "-d", "digits", "--set", "start=warm"], "use its own option --warm-start/--cold-start"),
        (["run", "-d", "digits", "--set", "file=s.yaml"], "name the suite's file alone, as in albench run SUITE.yaml"),
        (["run", "-d", "digits", "--set", "val_size=50"], "--set val_size: no such setting; there is initial, "),
        (["run", "--set", "learning_rate=0.1"], "--set learning_rate: did you mean --set lr=VALUE?"),
        (["run", "--set", "epochs=5"], "--set epochs: did you mean --steps?"),
        (["run", "--set", "weight-decay=1"], "--set weight-decay: did you mean --set weight_decay=VALUE?"),
        (["run", "--set", "budget=9"], "write --initial N, --query-size N and --rounds N."),
        (["run", "--seed", "3"], "no such option '--seed': did you mean --seeds?"),
        (["run", "--budget", "300"], "write --initial N, --query-size N and --rounds N."),
        (["run", "--lr", "0.1"], "no such option '--lr': did you mean --set lr=VALUE?"),
        (["run", "--model", "wrn"], "no such option '--model': did you mean --backbone?"),
        (["compare", "--strategies", "x"], "no such option '--strategies': did you mean --strategy?"),
        (["run", "-m", "none"], "unknown method 'none': without one is -m supervised."),
        (["run", "-s", "random,margin"], "several are named one by one, -s random -s margin; from Python in a list."),
        (["run", "-d", "digits", "--initial", "5"], "write --initial 10 or more, or --initial-draw random."),
        (["run", "-d", "nosuch.npz"], "there is no file or folder nosuch.npz."),
        (["run", "-s", "nosuch.py"], "there is no file nosuch.py."),
        (["run", "-d", "digits", "--set", "lr=0.1", "--set", "lr=0.2"], "--set lr is given twice"),
        *(
            (["run", "-d", "digits", "--set", f"{name}=random"], f"--set {name}: use its own option --{option}")
            for name, option in {
                **{kind: kind for kind in ("strategy", "method", "dataset", "backbone", "device", "out", "executor")},
                **{"strategies": "strategy", "datasets": "dataset", "plugins": "plugin", "time_limit": "time-limit"},
            }.items()
        ),
        (["run", "-d", "digits", "--name", "../x"], "not a suite name"),
        (["run", "absent.yaml"], "no suite file"),
        (["run", "-d", "npz[path=absent.npz]"], "absent.npz"),
        (["run", "-d", "npz"], "needs the option 'path'"),
        (["run", "--bogus"], "No such option"),
        (["rnu"], "did you mean 'run'"),
        (["show", "bostmis"], "did you mean 'boostmis'"),
        (["list", "strategy"], "strategies"),
        (["compare", "absent"], "no results folder absent"),
        (["data", "verify", "mescc", "--data-dir", "absent"], "absent"),
        (["data", "simulate", "digits", "--out", "x"], "no simulation of Digits"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refuse(capsys, *words)
    assert not list(tmp_path.iterdir())


def test_an_output_folder_that_cannot_be_written(tmp_path: Path, toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    error = refuse(
        capsys, "run", "--plugin", toy, "-d", "blobs", "-s", "random", *SMALL, "--out", str(tmp_path / "file")
    )
    assert "cannot be written" in error
    assert "--out" in error


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"train_images": np.zeros((4, 8, 8), np.uint8)}, "train_labels"),
        ({}, "absent"),
    ],
)
def test_an_npz_without_the_arrays(
    arrays: dict, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ("data.npz" if arrays else "absent.npz")
    if arrays:
        np.savez(path, **arrays)
    monkeypatch.chdir(tmp_path)
    assert message in refuse(capsys, "run", "-d", f"npz[path={path}]", "-s", "random")


def test_comparing_an_unknown_metric_names_the_nearest(
    tmp_path: Path, toy: str, capsys: pytest.CaptureFixture[str], inside: Inside
) -> None:
    out = str(tmp_path / "r")
    done = inside("run", "--plugin", toy, "-d", "blobs", "-s", "random", *SMALL, *LOCAL, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "did you mean 'macro_f1'" in refuse(capsys, "compare", out, "--metric", "macrof1")
    refuse(capsys, "compare", out, "--at", "labels:13")
    refuse(capsys, "compare", out, "--at", "first")
    refuse(capsys, "compare", out, "--split", "train")
    refuse(capsys, "compare", out, "--baseline", "rndom")


WRONG = ["raise", "count", "twice", "ids", "float", "undeclared", "note"]


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


@pytest.mark.parametrize(("how", "message"), [("exit", "ended with exit code 7"), ("die", "killed by SIGKILL")])
def test_a_worker_that_dies_fails_its_trial_alone(toy: str, how: str, message: str, inside: Inside) -> None:
    done = inside(
        *("run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch", "-s", f"wrong[how={how}]", "-s", "first"),
        *(*SMALL, "--executor", "processes[workers=2]"),
    )
    assert done.returncode == 1
    assert done.stdout.count(message) == 4, "two trials, each told when it ends and in the closing list"
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


def test_list_and_show(toy: str, inside: Inside) -> None:
    listed = inside("list").stdout
    assert all(name in listed for name in ("boostmis", "mescc-sim", "wrn", "processes"))
    assert max(map(len, listed.splitlines())) <= 120  # as COLUMNS says
    kinds = {tuple(line.split()[:2]) for line in listed.splitlines()}
    assert {("strategy", "random"), ("dataset", "npz"), ("backbone", "wrn")} <= kinds  # a whole row a line, for grep
    rows = json.loads(inside("list", "strategies", "--json", "--plugin", toy).stdout)
    assert {"random", "entropy", "margin", "coreset", "boostmis", "first"} <= {row["name"] for row in rows}
    shown = " ".join(inside("show", "boostmis").stdout.split())
    assert "n_neighbors" in shown
    assert "20" in shown
    assert "albench_boostmis" in shown
    assert "arXiv 2203.02533" in shown
    facts = json.loads(inside("show", "boostmis", "--json").stdout)
    assert [fact["kind"] for fact in facts] == ["strategy", "method"]


def test_every_component_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    from albench.components.registry import registry

    for name in sorted({component.name for component in registry().components()}):
        with pytest.raises(SystemExit) as end:
            main(["show", name])
        assert end.value.code == 0, name
    assert "mescc" in capsys.readouterr().out


def completions(words: str) -> str:
    result: Result = CliRunner().invoke(
        cli, [], prog_name="albench", env={"_ALBENCH_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "3"}
    )
    return result.output


def test_the_shell_completes_names() -> None:
    assert "boostmis" in completions("albench run -s bo")
    assert "fixmatch" in completions("albench run --method fix")


def test_python_dash_m_and_version(tmp_path: Path) -> None:
    import albench as package

    assert albench(tmp_path, "--version").stdout.strip().endswith(package.__version__)


def test_debug_shows_the_traceback(tmp_path: Path, nursery: Any) -> None:
    done = nursery.run("--debug", "run", "-s", "bostmis", cwd=tmp_path)
    assert "Traceback" in done.stderr
    assert "UnknownName" in done.stderr


def test_a_plugin_can_add_commands(tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    path.write_text(
        "import click\nfrom albench.api import hookimpl\n\n@hookimpl\ndef albench_commands(group):\n"
        "    group.add_command(click.Command('hello', callback=lambda: click.echo('hello there')))\n"
    )
    assert albench(tmp_path, "hello", ALBENCH_PLUGINS=str(path)).stdout == "hello there\n"


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
