"""What people call the arguments of a run elsewhere."""

from __future__ import annotations

import pytest

from albench.suite.synonyms import is_budget, meant

KNOWN = ["lr", "steps", "epochs", "query_size", "initial", "seeds", "strategy", "backbone", "time_limit", "ema"]


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("learning_rate", "lr"),
        ("LearningRate", "lr"),
        ("iterations", "steps"),
        ("n_epochs", "epochs"),
        ("query-size", "query_size"),
        ("n_query", "query_size"),
        ("seed", "seeds"),
        ("acquisition_function", "strategy"),
        ("model", "backbone"),
        ("timeout", "time_limit"),
        ("stepz", "steps"),
        ("wavelength", None),
    ],
)
def test_a_word_of_elsewhere_stands_for_one_of_here(name: str, here: str | None) -> None:
    assert meant(name, KNOWN) == here


def test_what_a_suite_file_calls_in_the_plural_is_found_there() -> None:
    assert meant("strategy", ["strategies", "methods"]) == "strategies"
    assert meant("model", ["backbones"]) == "backbones"


def test_a_synonym_of_what_is_not_known_here_is_none() -> None:
    assert meant("epochs", ["rounds"]) is None


def test_labels_in_all_are_no_setting() -> None:
    assert all(map(is_budget, ("budget", "label-budget", "n_labels", "MaxLabels")))
    assert not is_budget("initial_labels")
