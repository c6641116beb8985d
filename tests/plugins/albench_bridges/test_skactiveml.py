"""``skactiveml``: strategies of scikit-activeml on what a trial knows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

import albench
from albench.components.registry import registry
from albench.errors import UserError
from albench_bridges.skactiveml_ import _library, _usable, _why_not

RNG = np.random.default_rng(0)
Z, ZL, YL = RNG.normal(size=(80, 6)), RNG.normal(size=(12, 6)), np.arange(12) % 3
HEAD = (RNG.normal(size=(3, 6)), np.zeros(3))
KNOWN = {"embeddings": Z, "labeled_embeddings": ZL, "labeled_y": YL, "head": HEAD}


def chosen(spec: str, n: int = 6) -> list[int]:
    return albench.select(spec, n, **KNOWN).tolist()


def test_its_margin_is_ours() -> None:
    """Which of the two wrote it down makes no difference: the last layer is handed over as it is."""
    by_margin = "skactiveml[strategy=UncertaintySampling,args='method=margin_sampling']"
    assert sorted(chosen(by_margin)) == sorted(chosen("margin"))
    assert sorted(chosen("skactiveml[strategy=UncertaintySampling]")) == sorted(chosen("least-confidence"))


def test_its_coreset_is_ours() -> None:
    assert chosen("skactiveml[strategy=CoreSet]") == chosen("coreset")


def test_its_badge_begins_with_the_longest_gradient() -> None:
    probs = torch.tensor(Z @ HEAD[0].T).softmax(1)
    residual = probs - torch.nn.functional.one_hot(probs.argmax(1), 3)
    longest = (residual.norm(dim=1) * torch.tensor(Z).norm(dim=1)).argmax()
    assert chosen("skactiveml[strategy=Badge]")[0] == longest


@pytest.mark.parametrize("name", sorted(_usable(_library())))
def test_what_is_offered_runs_and_says_what_it_needs(name: str) -> None:
    strategy = registry().build("strategy", f"skactiveml[strategy={name}]")
    first = chosen(f"skactiveml[strategy={name}]")
    assert len({*first}) == 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert first == chosen(f"skactiveml[strategy={name}]"), "the round's own stream is the only source of chance"
    if strategy.cold_start:
        assert len({*albench.select(f"skactiveml[strategy={name}]", 4, embeddings=Z, n_classes=3).tolist()}) == 4
    else:
        assert "gradients" in strategy.needs
        with pytest.raises(UserError, match="reads the model's last layer: give head="):
            albench.select(f"skactiveml[strategy={name}]", 4, **{**KNOWN, "head": None})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("strategy=badge", r"the class is Badge: write skactiveml\[strategy=Badge\]"),
        ("strategy=Bagde", "no such strategy: choose from Badge, Clue"),
        ("strategy=QueryByCommittee", "its query wants ensemble, which a trial does not have"),
        ("strategy=MonteCarloEER", "it fits the classifier anew for each item"),
        ("strategy=FourDs", "it wants a classifier of its own kind"),
        ("strategy=SubSamplingWrapper", "it wraps another strategy"),
        ("strategy=CoreSet,args='metrics=cosine'", "has no option 'metrics': it has metric, metric_dict"),
        ("strategy=CoreSet,args=cosine", "write args='NAME=VALUE,NAME=VALUE'"),
    ],
)
def test_what_cannot_run_is_told_before_anything_runs(text: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as failed:
        registry().build("strategy", f"skactiveml[{text}]")
    assert "\n" not in str(failed.value)


def test_every_strategy_of_the_library_runs_or_says_why_not() -> None:
    pool = _library()
    offered = {name for name in pool.__all__ if hasattr(getattr(pool, name), "query")}
    assert offered == {*_usable(pool)} | {name for name in offered if _why_not(getattr(pool, name))}


def test_options_are_its_own() -> None:
    assert chosen("skactiveml[strategy=CoreSet,args='metric=cosine']") != chosen("skactiveml[strategy=CoreSet]")
