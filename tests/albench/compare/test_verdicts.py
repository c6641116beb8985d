"""All tests of a comparison are one family, and where nothing of it stands, nothing else is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from albench.compare import Comparison, compare
from albench.compare.across import across_of
from albench.compare.gather import gather
from albench.compare.numbers import numbers_of
from albench.compare.question import Question
from albench.compare.verdicts import Verdicts, verdicts_of

SEEDS = np.arange(6)
BASE = 0.5 + 0.01 * SEEDS
"""The baseline's values; a row is told by how far, and how evenly, it lies above."""
BETTER = BASE + 0.1 + 0.002 * (SEEDS % 2)
ALIKE = BASE + 0.02 * (-1.0) ** SEEDS


def frame(values: dict[str, dict[str, np.ndarray]], metric: str = "test.macro_f1") -> pd.DataFrame:
    """Data set -> strategy -> value of each seed, in one round."""
    base = {"suite": "s", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p", "device": "cpu"}
    return pd.DataFrame(
        [
            {**base, "dataset": dataset, "strategy": name, "seed": seed, "round": 0, "n_labeled": 10}
            | {"key": f"{dataset}{name}{seed}", metric: value}
            for dataset, strategies in values.items()
            for name, of_seeds in strategies.items()
            for seed, value in enumerate(of_seeds)
        ]
    )


def verdicts(values: dict[str, dict[str, np.ndarray]], after: Comparison | None = None, **asked: Any) -> Verdicts:
    question = Question(**asked)
    groups, _ = gather(frame(values), [question.column])
    numbers = [numbers_of(group, question, "random") for group in groups]
    return verdicts_of(numbers, across_of(numbers), question, after)


def test_differences_of_all_groups_and_over_data_sets_are_one_family() -> None:
    found = verdicts({name: {"random": BASE, "a": BETTER, "b": ALIKE} for name in ("d", "e")})
    assert found.n_tests == 2 + 2 + 2
    assert [part.told.tolist() for part in found.groups] == [[True, False, False]] * 2  # a, b, random
    assert found.across.told.tolist() == [True, False]
    assert found.any_told


def test_where_nothing_is_told_no_best_and_no_pair_is() -> None:
    found = verdicts({"d": {"random": BASE, "b": ALIKE}})
    assert not found.any_told
    assert not (found.bests[0].p < 0.05).any()
    assert found.wins is not None
    assert not np.any(found.wins.matrix)


def test_a_pair_is_told_only_where_one_of_the_two_is() -> None:
    found = verdicts({"d": {"random": BASE, "a": BETTER, "b": ALIKE}})
    assert found.wins is not None
    names = [name[2] for name in found.wins.names]
    wins = {(names[i], names[j]) for i, j in np.argwhere(np.array(found.wins.matrix) > 0)}
    assert wins == {("a", "b"), ("a", "random")}


def test_without_a_baseline_pairs_decide() -> None:
    found = verdicts({"d": {"a": BETTER, "b": BASE}})
    assert (found.n_tests, found.any_told) == (0, True)


@pytest.mark.parametrize(("first", "told"), [(BETTER, True), (ALIKE, False)])
def test_a_second_metric_tells_only_what_the_first_told(first: np.ndarray, told: bool) -> None:
    shown = compare(frame({"d": {"random": BASE, "a": first}}, "test.accuracy"), metric="accuracy")
    found = verdicts({"d": {"random": BASE, "a": BETTER}}, after=shown)
    assert (found.groups[0].told[0], found.any_told) == (told, told)
