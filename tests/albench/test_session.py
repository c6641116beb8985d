"""``albench.run``: a suite from a file and what is given beside it, its results, and what fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.errors import SuiteError, TrialError
from albench.session import suite_from


@pytest.fixture
def suite_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "datasets: digits\nmethods: [supervised, fixmatch]\nstrategies: random\nseeds: 4\n"
        "protocol: {rounds: 3, steps: 7, device: cpu}\n"
    )
    return path


def test_what_is_given_takes_the_place_of_what_the_file_says(suite_file: Path) -> None:
    whole = suite_from(suite_file)
    assert (whole.name, [spec.name for spec in whole.methods], whole.seeds) == (
        "mine",
        ["supervised", "fixmatch"],
        (0, 1, 2, 3),
    )
    assert (whole.protocol.rounds, whole.protocol.steps, whole.device) == (3, 7, "cpu")
    changed = suite_from(suite_file, method={"mine": "fixmatch[threshold=0.8]"}, seeds=[5], rounds=2, name="other")
    (method,) = changed.methods
    assert (method.name, method.alias, str(method)) == ("fixmatch", "mine", "fixmatch[threshold=0.8]")
    assert (changed.name, changed.seeds, changed.protocol.rounds, changed.protocol.steps) == ("other", (5,), 2, 7)
    assert [spec.name for spec in changed.datasets] == ["digits"]


def test_nothing_at_all_is_the_default_suite() -> None:
    suite = suite_from()
    assert (suite.datasets, suite.methods, suite.strategies, suite.seeds) == ((), (), (), (0, 1, 2))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"strategy": None}, "strategy=None: write a name or several, or leave strategy out"),
        ({"roundz": 2}, "run has no argument 'roundz': did you mean 'rounds'?"),
        ({"rounds": 0}, "rounds"),
        ({"seeds": "3"}, "write a number of seeds, as seeds=3"),
    ],
)
def test_what_cannot_be_meant_is_told(words: dict[str, Any], told: str) -> None:
    with pytest.raises(SuiteError) as error:
        suite_from(**words)
    assert told in str(error.value)


def test_a_second_argument_by_position_is_told() -> None:
    with pytest.raises(SuiteError, match=r"takes one argument by position, a suite file, and was given 2: name the"):
        albench.run("suite.yaml", "digits")


def test_failed_trials_are_raised_or_kept(small_run: Callable[..., Any]) -> None:
    with pytest.raises(TrialError, match=r"^trial blobs--fixmatch--wrong.* failed: .* \(and 1 more\)$"):
        small_run(strategy=["wrong", "random"], seeds=2)
    kept = small_run(strategy=["wrong", "random"], seeds=2, on_failure="keep")
    assert kept.failed["strategy"].tolist() == ["wrong", "wrong"]
    assert set(kept.frame["strategy"]) == {"random"}


def test_where_nothing_could_run_that_is_an_error(small_run: Callable[..., Any]) -> None:
    with pytest.raises(TrialError, match="nothing was run: every trial was skipped: backbone cnn: "):
        small_run(backbone="cnn")
    assert small_run(backbone="cnn", on_failure="keep").frame.empty
