"""Suites, protocols and trial keys."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.api import Task
from albench.errors import SuiteError, UserError
from albench.plan import Protocol, Trial, amounts, check_name, load_suite, parse_seeds, protocol
from albench.spec import Spec

TASK = Task("features", (4,), 3, ("a", "b", "c"), pool_size=1000)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    return path


def test_a_suite_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "name: mine\ndatasets: [digits, 'mescc-sim[grading=two]']\nmethods: fixmatch\n"
        "strategies:\n  - random\n  - boostmis: {n_neighbors: 10}\nseeds: [3, 5]\nprotocol: {rounds: 2, initial: 5%}\n",
    )
    suite = load_suite(path)
    assert suite.name == "mine"
    assert suite.datasets == (Spec("digits"), Spec("mescc-sim", (("grading", "two"),)))
    assert suite.strategies[1] == Spec("boostmis", (("n_neighbors", "10"),))
    assert suite.seeds == (3, 5)
    assert suite.protocol == dataclasses.replace(Protocol(), rounds=2, initial="5%")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("datasets: [digits]\nstrategys: [random]\n", "line 2: unknown key 'strategys': did you mean 'strategies'"),
        ("datasets: [digits]\nprotocol:\n  initial: 10\n  round: 3\n", "line 4: unknown key 'round'"),
        ("datasets: [digits]\n\nprotocol:\n  rounds: three\n", "line 4: .*not a whole number"),
        ("protocol:\n  query_size: 0\n", "line 2: query-size is 0"),
        ("methods:\n  - 'fixmatch[x'\n", "line 1: .*']' is missing"),
        ("seeds: none\n", "line 1: seeds"),
        ("seeds: [1, 1]\n", "names a seed twice"),
        ("- a\n- b\n", "a suite file holds keys"),
        ("a: [1\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("seeds: 1\nseeds: 2\n", "given twice"),
        ("name: ../evil\n", "not a suite name"),
        ("protocol: 3\n", "line 1: protocol holds settings"),
        ("", "a suite file holds keys"),
    ],
)
def test_wrong_suite_files_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load_suite(write(tmp_path, text))


def test_a_missing_suite_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no suite file .*absent\.yaml"):
        load_suite(tmp_path / "absent.yaml")


@given(st.text(max_size=80))
def test_any_text_is_a_suite_or_a_suite_error(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.yaml"
        path.write_text(text, encoding="utf-8", errors="ignore")
        with contextlib.suppress(UserError):
            load_suite(path)


def test_label_counts() -> None:
    assert amounts(protocol({"initial": "5%", "query_size": "20", "rounds": 3}), TASK, "d").labels == [50, 70, 90]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"initial": 900, "query_size": 60, "rounds": 3}, "1020 labels, more than the pool's 1000"),
        ({"initial": 2}, "cannot hold one item of each of its 3 classes"),
        ({"initial": "2000"}, "more than the pool"),
    ],
)
def test_budgets_that_do_not_fit(settings: dict, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        amounts(protocol(settings), TASK, "d")


@pytest.mark.parametrize(
    "settings",
    [{"initial": "0"}, {"query_size": "0%"}, {"initial": "101%"}, {"initial": "-3"}, {"initial": "2.5"}, {"rounds": 0},
     {"lr": 0}, {"start": "hot"}, {"round": 3}, {"checkpoint_metric": "f1"}, {"steps": "many"}, {"initial": "٣"}],
)  # fmt: skip
def test_wrong_settings_are_refused(settings: dict) -> None:
    with pytest.raises(SuiteError):
        amounts(protocol(settings), TASK, "d")


def test_seeds() -> None:
    assert parse_seeds(3) == (0, 1, 2)
    assert parse_seeds([7]) == (7,)
    for wrong in (0, -1, [], "3", 1.5, True, [True]):
        with pytest.raises(SuiteError):
            parse_seeds(wrong)


def test_keys_are_stable_and_tell_trials_apart() -> None:
    resolved = ("digits[x=1]", "fixmatch[y=2]", "random", "cnn")
    trial = Trial("digits", "fixmatch", "random", "cnn", 0, Protocol(), resolved)
    assert trial.key == "digits--fixmatch--random--cnn--s0--" + trial.key[-12:]
    others = [
        dataclasses.replace(trial, seed=1),
        dataclasses.replace(trial, protocol=Protocol(steps=9)),
        dataclasses.replace(trial, resolved=("digits[x=2]", *resolved[1:])),
    ]
    assert len({trial.key, *(other.key for other in others)}) == 4
    assert dataclasses.replace(trial).key == trial.key


def test_suite_names_are_folder_names() -> None:
    assert check_name("a.b-c_1") == "a.b-c_1"
    for wrong in ("", ".", "..", "a/b", "-a", "a b", "x" * 200):
        with pytest.raises(SuiteError):
            check_name(wrong)
