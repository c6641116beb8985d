"""A strategy that takes another one: what it takes over from that, and how it lets it choose."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from albench.api import Strategy, Task, View, Wrapper, option
from albench.components import declared
from albench.components.fields import build, canonical, options
from albench.components.spec import parse
from albench.testing import make_view

TASK = Task("features", (2,), 2, ("a", "b"), pool_size=10)


@dataclass(frozen=True)
class Highest(Strategy):
    """The items whose first number is largest."""

    needs = frozenset({"embeddings"})
    cold_start = True

    def scores(self, view: View) -> Tensor:
        return view.embeddings[:, 0]

    def skip(self, task: Task) -> str | None:
        return "too few classes" if task.n_classes < 3 else None


@dataclass(frozen=True)
class Last(Strategy):
    """The last items of the view."""

    def select(self, view: View, budget: int) -> Tensor:
        return torch.arange(len(view))[len(view) - budget :]


@dataclass(frozen=True)
class Odd(Wrapper):
    """The other strategy on every second item."""

    first: int = option(1, "where to begin", ge=0)

    def select(self, view: View, budget: int) -> Tensor:
        return self.select_of(view, torch.arange(self.first, len(view), 2), budget)


def test_it_needs_starts_and_skips_as_the_other_one_does() -> None:
    made = Odd(Highest())
    assert (made.needs, made.cold_start, made.skip(TASK)) == (frozenset({"embeddings"}), True, "too few classes")
    assert (Odd(Last()).needs, Odd(Last()).cold_start, Odd(Last()).skip(TASK)) == (frozenset(), False, None)


@pytest.mark.parametrize(("of", "scores", "picks"), [(Highest(), True, [3, 1]), (Last(), False, [3, 5])])
def test_positions_are_those_of_the_whole_view(of: Strategy, scores: bool, picks: list[int]) -> None:
    view = make_view(torch.tensor([[9.0], [2.0], [8.0], [3.0], [7.0], [1.0]]))
    made = Odd(of)
    assert made.of_scores is scores
    assert made.select(view, 2).tolist() == picks


def test_the_other_one_is_an_option_that_is_a_component() -> None:
    made = build(parse("odd[of=highest,first=0]"), Odd, lambda _, text: build(parse(text), {"highest": Highest}[text]))
    assert made == Odd(Highest(), first=0)
    assert canonical("odd", made) == "odd[first=0,of=highest]"
    assert [(found.name, found.type, found.default) for found in options(Odd)] == [
        ("of", "strategy", "required"),
        ("first", "int", "1"),
    ]
    declared.check("strategy", "odd", Odd)
