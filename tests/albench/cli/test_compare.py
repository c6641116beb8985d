"""``albench compare``: every format, on a screen and into a file; what is not there is told with the nearest."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_suites import make_suite

Inside = Callable[..., subprocess.CompletedProcess[str]]
Refuse = Callable[..., str]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    make_suite(tmp_path / "results" / "s", "random", accuracy=0.5)
    make_suite(tmp_path / "results" / "s", "entropy", accuracy=0.75)
    return tmp_path / "results"


OF = ("--metric", "accuracy")


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize("form", ["table", "markdown", "latex", "csv", "json", "paragraph"])
def test_each_format_on_the_screen_and_into_a_file(form: str, inside: Inside) -> None:
    shown = inside("compare", *OF, "--format", form)
    assert shown.returncode == 0, shown.stderr
    assert "entropy" in shown.stdout
    assert "0.75" in shown.stdout
    written = inside("compare", *OF, "--format", form, "--output", "made.txt")
    assert written.stdout == "Wrote made.txt.\n"
    if form != "table":  # a screen's table has its width
        assert Path("made.txt").read_text() == shown.stdout


@pytest.mark.usefixtures("results")
def test_options_are_those_of_the_comparison(inside: Inside) -> None:
    def asked(*words: str) -> dict:
        return json.loads(inside("compare", *OF, "--format", "json", *words).stdout)

    assert (asked()["at"], asked()["baseline"], asked()["target"]) == ("aubc", "random", "")
    assert asked("--at", "round:1", "--target", "0.6")["at"] == "round:1"
    assert asked("--baseline", "fixmatch + entropy")["baseline"] == "fixmatch/entropy"
    assert asked("-s", "entropy", "--highlight", "entropy")["highlight"] == ["entropy"]


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--metric", "acuracy"), "did you mean 'accuracy'"),
        ((*OF, "--at", "labels:13"), "try labels:11"),
        ((*OF, "--at", "first"), "choose from"),
        ((*OF, "--split", "tst"), "did you mean 'test'"),
        ((*OF, "--baseline", "rndom"), "did you mean 'random'"),
        ((*OF, "--test", "tt"), "unknown test 'tt'"),
        ((*OF, "--label", "x"), "--format latex"),
        ((*OF, "--format", "paragraph", "--highlight", "entropy"), "a paragraph has no rows to mark"),
        ((*OF, "--format", "csv", "--output", "no/where.csv"), "cannot be written"),
    ],
)
def test_what_is_not_there_is_one_line(words: tuple[str, ...], message: str, refuse: Refuse) -> None:
    assert message in refuse("compare", *words)
