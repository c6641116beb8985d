"""Validation labels on the axis: a row's budget is all that was labelled for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_up import frame, trial

from albench.compare import compare
from albench.errors import UserError


def paid(count: list[int] | None) -> pd.DataFrame:
    """Two strategies of three seeds, at 100, 200 and 300 labels, which rise by 0.1 a round."""
    made = frame(*(trial(name, seed, [0.5, 0.6, 0.7]) for name in ("random", "entropy") for seed in range(3)))
    return made if count is None else made.assign(n_validation=made["round"].map(dict(enumerate(count))))


def test_labels_of_validation_count_where_that_is_asked_for() -> None:
    results = paid([50, 50, 50])
    (group,) = compare(results, count_validation=True).groups
    assert group.n_labeled == (150, 250, 350)
    (before,) = compare(results).groups
    assert before.n_labeled == (100, 200, 300)
    assert [row.aubc.mean for row in group.rows] == pytest.approx([row.aubc.mean for row in before.rows])
    told = [note for note in compare(results, count_validation=True).notes if "validation" in note]
    assert told == ["labels count those of the validation split too, which choose a round's weights: 50."]
    assert not [note for note in compare(results).notes if "validation" in note]


def test_what_grows_with_the_labels_stretches_the_axis() -> None:
    """Twice the labels on the axis, so the same means at other places, and labels saved are worth twice as many."""
    (group,) = compare(paid([100, 200, 300]), count_validation=True, at="labels:600").groups
    assert group.n_labeled == (200, 400, 600)
    notes = compare(paid([100, 200, 300]), count_validation=True).notes
    assert any(note.endswith("100 to 300.") for note in notes)


def test_results_that_do_not_say_how_many_are_refused() -> None:
    for results in (paid(None), paid([50, 50, 50]).assign(n_validation=[None, *[50] * 17])):
        with pytest.raises(UserError, match="--count-validation: the manifest of s does not say how many"):
            compare(results, count_validation=True)


@pytest.mark.parametrize("other", [{"target": "95%-of-full"}, {"test_items": lambda *_: None}])
def test_what_is_of_the_pools_labels_alone_is_refused_beside_it(other: dict) -> None:
    with pytest.raises(UserError, match=r"--count-validation and --t.*: what is asked there is of the pool's labels"):
        compare(paid([50, 50, 50]), count_validation=True, **other)


def test_the_command_counts_them(
    small_run: Callable[..., Any], command_line: Callable[..., str], tmp_path: Path
) -> None:
    small_run(strategy=["random", "entropy"], seeds=3, validation="1x")
    printed = command_line(["compare", "results", "--count-validation", "--format", "json"], tmp_path)
    (group,) = json.loads(printed)["groups"]
    assert group["n_labeled"] == [24, 40, 56], "12, 20 and 28 of the pool, and as many of the validation split"
