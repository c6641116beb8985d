"""``albench.select``: what a trial would choose, from what a caller knows; what is missing is told in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import albench
from albench.components.registry import registry
from albench.errors import UserError

RNG = np.random.default_rng(0)
Z, ZL, YL = RNG.normal(size=(60, 4)), RNG.normal(size=(9, 4)), np.arange(9) % 3
P, PL = RNG.dirichlet(np.ones(3), 60), RNG.dirichlet(np.ones(3), 9)


def net() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):  # other tests draw as if this one had not
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize(
    "spec", ["random", "entropy", "badge", "coreset", "bald", "typiclust", "boostmis", "galaxy", "balanced[of=margin]"]
)
def test_it_chooses_what_the_trial_chooses(tiny: Any, spec: str, start: int) -> None:
    """From the trial's own model, its items and labels, in the first round and in the second."""
    strategy = registry().build("strategy", spec)
    run = type(tiny.run())(tiny.trial(seed=3, rounds=3), tiny.parts(strategy=strategy), lambda _: None)
    for number in range(start + 1):
        run.begin(number)
        pool = run.bought.annotated
        trained = tiny.train(run, number)
        x = tiny.splits().train.x
        record = run.finish(number, trained)
    known = {"seed": 3, "round": start, "labeled_y": pool.y, "confidence": 2.0}  # the method has no threshold
    picks = albench.select(spec, 4, model=trained.best, pool=x[pool.unlabeled], labeled=x[pool.labeled], **known)
    assert pool.unlabeled[torch.as_tensor(picks)].tolist() == record["queried"]


def test_arrays_and_a_model_say_the_same() -> None:
    model = net()
    with torch.no_grad():
        z = model[:3].eval()(torch.tensor(Z).float())
        logits = model[3](z)
    whole = albench.select("badge", 5, model=model, pool=Z)
    assert whole.tolist() == albench.select("badge", 5, probs=logits.softmax(1), embeddings=z).tolist()
    assert whole.tolist() == albench.select("badge", 5, embeddings=z, head=model[3]).tolist()
    assert whole.tolist() == albench.select("badge", 5, embeddings=z, head=(model[3].weight, model[3].bias)).tolist()
    assert whole.tolist() == albench.select("badge", 5, model=model, pool=Z, head="3").tolist()


def test_known_answers() -> None:
    probs = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.5, 0.5]]
    assert albench.select("margin", 2, probs=probs).tolist() == [3, 1]
    assert albench.select("entropy", 2, logits=np.log(probs)).tolist() == [3, 1]
    line = [[0.0], [1.0], [2.0], [10.0]]
    assert albench.select("coreset", 1, embeddings=line, labeled_embeddings=[[0.0]], labeled_y=[0]).tolist() == [3]
    samples = np.array([[[1, 0], [0.5, 0.5], [1, 0]], [[1, 0], [0.5, 0.5], [0, 1]]], np.float32)
    assert albench.select("bald", 1, mc_probs=samples).tolist() == [2], "two samples that contradict each other"


def test_what_comes_in_decides_what_comes_out() -> None:
    assert isinstance(albench.select("entropy", 3, probs=P), np.ndarray)
    picks = albench.select("entropy", 3, probs=torch.tensor(P))
    assert isinstance(picks, torch.Tensor)
    assert picks.dtype == torch.int64


def test_without_a_model_some_choose_the_first_items() -> None:
    assert len(set(albench.select("coreset", 5, embeddings=Z).tolist())) == 5
    assert len(set(albench.select("typiclust", 5, embeddings=Z).tolist())) == 5
    images = RNG.integers(0, 256, (20, 1, 4, 4), dtype=np.uint8)
    assert len(set(albench.select("kmeans", 5, pool=images).tolist())) == 5


def test_seed_and_round_name_the_streams_and_a_loop_counts_rounds() -> None:
    first = albench.select("random", 5, probs=P, seed=1)
    assert first.tolist() == albench.select("random", 5, probs=P, seed=1).tolist()
    assert first.tolist() != albench.select("random", 5, probs=P, seed=2).tolist()
    query = albench.Query("random", seed=1)
    assert query.query(5, probs=P).tolist() == first.tolist()
    assert query.query(5, probs=P).tolist() == albench.select("random", 5, probs=P, seed=1, round=1).tolist()
    assert repr(query) == "Query('random', seed=1, round=2)"


def test_the_callers_model_is_left_as_it_was() -> None:
    model = net()
    model[2].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    albench.select("boostmis", 5, model=model, pool=Z, labeled=ZL, labeled_y=YL)
    assert [module.training for module in model] == [True, True, False, True]
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(not module._forward_hooks for module in model.modules())
    assert all(weight.grad is None for weight in model.parameters())


def test_the_callers_model_is_left_as_it_was_where_something_fails() -> None:
    model = net()
    for given in ({"pool": Z[:, :3]}, {"pool": Z, "labeled": ZL[:, :3]}):
        with pytest.raises(RuntimeError, match="cannot be multiplied"):
            albench.select("entropy", 5, model=model, **given)
        assert all(module.training for module in model.modules())
    with pytest.raises(UserError, match="no such layer"):
        albench.select("entropy", 5, model=model, pool=Z, head="fc")
    assert all(module.training for module in model.modules())


def test_a_strategy_of_ones_own_is_taken_as_it_is() -> None:
    class Last(albench.api.Strategy):  # type: ignore[name-defined,misc]  # loaded with select
        def select(self, view: Any, budget: int) -> torch.Tensor:
            return view.index.argsort(descending=True)[:budget]

    assert albench.select(Last(), 2, embeddings=Z).tolist() == [59, 58]


@pytest.mark.parametrize(
    ("spec", "given", "told"),
    [
        ("entropy", {}, "nothing is known of the unlabelled items: give probs=, embeddings=, or model= and pool="),
        ("entropy", {"embeddings": Z}, "entropy reads probabilities of the unlabelled items: give probs=, logits=, or"),
        (
            "badge",
            {"probs": P},
            "badge reads embeddings of the unlabelled items: give embeddings=, or model= and pool=",
        ),
        ("boostmis", {"probs": P, "embeddings": Z}, "boostmis reads the model's last layer: give head=, or model="),
        ("bald", {"probs": P}, "bald reads dropout samples: give mc_probs=, or embeddings= with head="),
        ("galaxy", {"probs": P}, "galaxy reads probs of the labelled items: give labeled_probs="),
        ("galaxy", {"probs": P, "labeled_probs": PL}, "galaxy reads the labels that were bought: give labeled_y="),
        ("entropy", {"pool": Z}, "entropy does not choose from bare items: give model= beside pool=, or probs="),
        ("entropy", {"model": net()}, "nothing is known of the unlabelled items"),
        ("entropy", {"probs": P, "model": net()}, "model: what it is to read is missing: give pool="),
        ("entropy", {"probs": P, "model": net(), "pool": Z}, "model: logits would come from it and are given too"),
        ("entropy", {"probs": P * 2}, "probs: row 0 is no distribution, it sums to 2: give probabilities, or logits="),
        ("entropy", {"probs": P[0]}, r"probs: its shape is \(3,\); 2 dimensions are read"),
        ("entropy", {"logits": np.full((3, 2), np.nan)}, "logits: row 0 holds a value that is not finite"),
        ("badge", {"probs": P, "embeddings": Z[:5]}, "not of the same unlabelled items: probs 60, embeddings 5"),
        (
            "coreset",
            {"embeddings": Z, "labeled_embeddings": ZL, "labeled_y": YL[:3]},
            "labeled_embeddings 9, labeled_y 3",
        ),
        ("entropy", {"probs": P, "labeled_y": [0.5]}, "labeled_y: give whole numbers from 0 on"),
        ("entropy", {"probs": P, "labeled_y": [7]}, r"labeled_y: label 7 is outside the 3 classes 0 \.\. 2"),
        ("entropy", {"probs": P, "n_classes": 4}, "logits has 3, n_classes has 4 classes"),
        (
            "entropy",
            {"model": net(), "pool": Z, "head": "fc"},
            "head 'fc': the model has no such layer; its linear ones",
        ),
        ("entropy", {"model": nn.Flatten(), "pool": Z}, "no linear layer gives its output: name the last layer"),
        ("bald[samples=5]", {"mc_probs": np.stack([P, P])}, "reads 5 dropout samples and mc_probs has 2"),
        ("balanced-oracle", {"probs": P}, "is shown labels that nobody bought: it runs in a trial alone"),
        ("entropi", {"probs": P}, "did you mean 'entropy'"),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_one_line(spec: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told) as refused:
        albench.select(spec, 2, **given)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("n", [0, 61, 2.5, True])
def test_a_number_that_cannot_be_chosen_is_told(n: Any) -> None:
    with pytest.raises(UserError, match=r"n is .*, not a number from 1 to the 60 unlabelled items"):
        albench.select("entropy", n, probs=P)
