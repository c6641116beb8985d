"""First labels that hold every class by rule, where labels at random would not."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import hypergeom

from albench.compare import compare
from albench.compare.first_draw import given_classes


@pytest.mark.parametrize(("counts", "initial"), [((900, 90, 10), 20), ((4000, 60, 12), 100), ((5, 1), 3)])
def test_the_share_of_draws_without_a_class_is_hypergeometric(counts: tuple[int, ...], initial: int) -> None:
    names = "abc"[: len(counts)]
    share = {name: hypergeom(sum(counts), n, initial).pmf(0) for name, n in zip(names, counts, strict=True)}
    named = [f"{name} in {100 * value:.0f} %" for name, value in share.items() if value >= 0.05]
    assert given_classes(tuple(names), counts, initial) == " and ".join(named) + " of draws"


def test_nothing_is_told_where_a_random_draw_has_every_class() -> None:
    assert given_classes(("a", "b"), (500, 500), 50) == ""
    assert given_classes(("a", "b"), (500, 0), 50) == "", "a class that the pool does not have"
    assert given_classes(("a", "b"), (5, 5), 8) == "", "more are drawn than the others have"


def told(frame: pd.DataFrame) -> list[str]:
    return [str(note) for note in compare(frame).notes if "by rule" in str(note)]


def test_a_note_says_what_the_draw_knows() -> None:
    frame = pd.DataFrame(
        [
            {
                "suite": "s", "key": f"{strategy}{seed}", "dataset": "xrays", "stand_in": "", "method": "m",
                "strategy": strategy, "backbone": "cnn", "seed": seed, "protocol": "p", "device": "cpu",
                "round": 0, "n_labeled": 20, "test.macro_f1": 0.5 + 0.01 * seed,
            }
            for strategy in ("entropy", "random")
            for seed in range(3)
        ]
    )  # fmt: skip
    assert told(frame) == told(frame.assign(given_classes="")) == []
    (note,) = told(frame.assign(given_classes="grade 4 in 43 % of draws"))
    assert note.startswith(
        "xrays: the first 20 labels hold every class by rule; drawn at random they would miss grade 4 in 43 % of draws."
    )
