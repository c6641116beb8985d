"""By the rules of an Apple GPU, without float64 and pinned memory, all that trains and chooses does as on the CPU."""

from __future__ import annotations

import copy
import dataclasses

import pretended_work as work
import pytest
import torch
from stepwise import stepwise

import albench
from albench.bench.measured import TimedCase
from albench.bench.steps import begun
from albench.components.registry import registry
from albench.testing.pretended import pretended_mps
from albench.training.evaluate import predict
from albench.trial.queries import Queries

BACKBONES = sorted(set(work.SHAPES) - {"mlp"})


def losses(backbone: str, method: str, device: str, count: int = 1) -> torch.Tensor:
    case = TimedCase(backbone, work.SHAPES[backbone], 4, 60, method=method)
    return work.trained(case, device, count)[0]


@pytest.mark.parametrize(
    ("backbone", "method", "count"),
    [
        *(("mlp", method, 1) for method in stepwise()),
        *((backbone, "fixmatch", 1) for backbone in BACKBONES),
        ("mlp", "fixmatch", 2),
    ],
)
def test_steps_have_the_losses_of_the_cpu(backbone: str, method: str, count: int) -> None:
    expected = losses(backbone, method, "cpu", count)
    with pretended_mps():
        given = losses(backbone, method, "mps:0", count)
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-6)


def picks(device: str) -> dict[str, list[int]]:
    """Strategy -> what a trial's first query buys by it."""
    (run,) = begun(TimedCase("mlp", (16,), 4, 300, method="supervised"), device, steps=2, batch_size=8)
    pool, model = run.bought.annotated.shuffled(0, 0), run.network.model.eval()
    outputs = run.outputs(0, model, predict(model, run.train, pool.unlabeled))
    found = {}
    for name in work.strategies():
        strategy = registry().build("strategy", work.SPECS.get(name, name))
        parts = dataclasses.replace(
            run.parts, strategy=strategy, amounts=dataclasses.replace(run.parts.amounts, query_size=5)
        )
        found[name] = Queries(run.trial, parts, run.train, copy.deepcopy(run.bought)).ask(
            pool, outputs, run.score_after
        )[0]
    return found


def test_strategies_choose_as_on_the_cpu() -> None:
    expected = picks("cpu")
    with pretended_mps():
        given = picks("mps:0")
    assert {name for name in expected if given[name] != expected[name]} == set()
    assert len(expected) > 30


def test_what_has_its_own_model_on_the_device_keeps_it_there() -> None:
    x = torch.rand(40, 4, generator=torch.Generator().manual_seed(0))
    net = torch.nn.Linear(4, 3)
    known = {"pool": x, "labeled": x[:5], "labeled_y": [0, 1, 2, 0, 1]}
    expected = albench.select("badge", 4, model=net, **known)
    with pretended_mps():
        there = copy.deepcopy(net).to("mps")
        given = albench.select("badge", 4, model=there, **known)
        assert given.tolist() == expected.tolist()
        assert there.weight.device.type == "mps"
        assert albench.select("coreset", 4, embeddings=x.to("mps")).device.type == "mps"
