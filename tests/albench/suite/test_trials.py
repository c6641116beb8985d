"""Suites and their trials: seeds, names, keys, and what a suite becomes."""

from __future__ import annotations

import dataclasses

import pytest

from albench.api import Task
from albench.components.registry import registry
from albench.components.spec import Spec
from albench.errors import SuiteError
from albench.suite.protocol import Protocol
from albench.suite.trials import FIXED_SHIFT, Suite, Trial, check_name, first_labels, parse_seeds, trials

TASK = Task("features", (4,), 3, ("a", "b", "c"), pool_size=1000)
SUITE = Suite(
    datasets=(Spec("mescc-sim"),),
    methods=(Spec("fixmatch", (("threshold", "0.9"),), alias="mine"),),
    strategies=(Spec("random"), Spec("margin")),
    seeds=(0, 3),
)


def test_seeds() -> None:
    assert parse_seeds(3) == (0, 1, 2)
    assert parse_seeds([7]) == (7,)
    for wrong in (0, -1, [], "many", 1.5, True, [True], None, {"a": 1}, [[1]], ["x"], b"12", "1:30"):
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


def test_a_suite_is_each_of_its_combinations_under_each_seed() -> None:
    planned = trials(SUITE, registry(), {"mescc-sim": TASK})
    assert [(trial.strategy, trial.seed) for trial in planned] == [
        ("random", 0),
        ("random", 3),
        ("margin", 0),
        ("margin", 3),
    ]
    (first, *_) = planned
    assert (first.backbone, first.method) == ("mlp", "fixmatch[threshold=0.9]")
    assert first.shown == ("mescc-sim", "mine", "random", "mlp")
    assert "threshold=0.9" in first.resolved[1]
    assert "unlabeled_ratio" in first.resolved[1]  # every option is written out


def test_the_default_backbone_goes_by_the_data() -> None:
    suite = dataclasses.replace(SUITE, datasets=(Spec("digits"),))
    image = Task("image", (1, 8, 8), 10, tuple("0123456789"), pool_size=1000)
    assert {trial.backbone for trial in trials(suite, registry(), {"digits": image})} == {"cnn"}


def test_two_specs_that_mean_one_component_are_refused() -> None:
    suite = dataclasses.replace(SUITE, methods=(Spec("fixmatch"), Spec("fixmatch", (("threshold", "0.95"),))))
    with pytest.raises(SuiteError, match="are the same, with every option as it is: name one"):
        trials(suite, registry(), {"mescc-sim": TASK})


def test_a_strategy_that_chooses_the_first_labels_starts_cold() -> None:
    assert first_labels(registry(), Protocol()) is None
    assert type(first_labels(registry(), Protocol(initial_strategy="typiclust"))).__name__ == "TypiClust"
    with pytest.raises(SuiteError, match="initial_strategy entropy: it needs a model or labels") as refused:
        first_labels(registry(), Protocol(initial_strategy="entropy"))
    assert "typiclust" in str(refused.value)


@pytest.mark.parametrize(("dataset", "shift"), [("", FIXED_SHIFT), ("digits", FIXED_SHIFT), ("digits[shift=1]", 1)])
def test_the_shift_of_views_is_a_data_sets_option(dataset: str, shift: int) -> None:
    assert Trial("digits", "m", "s", "b", 0, Protocol(), (dataset, "m", "s", "b")).shift == shift
