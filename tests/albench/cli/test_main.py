"""The command line as a whole: bad input is one line and writes nothing, and plugins may add commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def albench(tmp_path: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "albench", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "120", **environment},
        check=False,
    )


Inside = Callable[..., subprocess.CompletedProcess[str]]
Refuse = Callable[..., str]


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
        (["run", "--set", "iterations=5"], "--set iterations: did you mean --steps?"),
        (["run", "--set", "weight-decay=1"], "--set weight-decay: did you mean --set weight_decay=VALUE?"),
        (["run", "--set", "budget=9"], "--set budget: use its own option --budget."),
        (["run", "--seed", "3"], "no such option '--seed': did you mean --seeds?"),
        (["run", "--budget", "300"], "budget '300': write INITIAL+QUERIESxSIZE, as 20+5x10"),
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
    words: list[str], message: str, tmp_path: Path, refuse: Refuse
) -> None:
    assert message in refuse(*words)
    assert not list(tmp_path.iterdir())


WRONG = ["raise", "count", "twice", "ids", "float", "undeclared", "note"]


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
