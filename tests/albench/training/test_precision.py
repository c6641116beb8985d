"""The network multiplies in the protocol's precision; whatever else a step computes is float32 in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from stepwise import stepwise
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from albench.components.registry import registry
from albench.suite.protocol import Protocol
from albench.testing.steps import FEATURES, IMAGES, StepCase, prepare
from albench.training.dropout import Dropout
from albench.training.forward import ModelForward
from albench.training.precision import EXACT, Precision, precision_of, tf32, widened

CPU = torch.device("cpu")
NARROW = Precision("bf16", CPU)
CALLS = ("__call__", "embed", "frozen", "frozen_embed", "head", "frozen_head", "probe", "ema", "ema_embed")


class Recording:
    """A forward that keeps what each call gave."""

    def __init__(self, forward: ModelForward, kept: list[Any]) -> None:
        self._forward, self._kept = forward, kept

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            self._kept.append(
                tree_map_only(Tensor, lambda x: x.detach().clone(), found := getattr(self._forward, name)(*given))
            )
            return found

        return call

    def __call__(self, x: Tensor) -> Any:
        return self.__getattr__("__call__")(x)


class Replaying:
    """A forward that gives what was kept, in float64."""

    def __init__(self, kept: list[Any]) -> None:
        self._kept = iter(kept)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_: tree_map_only(Tensor, lambda x: x.double(), next(self._kept))

    def __call__(self, x: Tensor) -> Any:
        return self.__getattr__("__call__")(x)


def narrow_step(name: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """All numbers of a step with a network in bfloat16, and those of what its passes gave in float64."""
    method = registry().build("method", name)
    task = IMAGES if method.skip(FEATURES) else FEATURES
    case = StepCase(task=task, step=30, n_labeled=16, n_unlabeled=32)
    narrow, wide = prepare(method, case), prepare(method, case, dtype=torch.float64)
    precision = precision_of(Protocol(precision="bf16"), CPU, full=method.full_precision)
    kept: list[Any] = []
    with precision.step():
        forward = Recording(ModelForward(narrow.model, narrow.average, precision=precision), kept)
        made = method.loss(forward, narrow.batch, narrow.state, narrow.counter)  # type: ignore[arg-type]
    expected = method.loss(Replaying(kept), wide.batch, wide.state, wide.counter)  # type: ignore[arg-type]
    return tuple({"loss": loss, **new, **logs} for loss, new, logs in (made, expected))  # type: ignore[return-value]


@pytest.mark.parametrize("name", [name for name in stepwise() if not registry().build("method", name).full_precision])
def test_all_but_the_network_is_float32_where_that_is_bfloat16(name: str) -> None:
    made, expected = narrow_step(name)
    assert set(made) == set(expected)
    for each, value in made.items():
        assert value.dtype != torch.bfloat16, each
        torch.testing.assert_close(value.double(), expected[each].double(), rtol=2e-5, atol=2e-6)


def test_virtual_adversarial_training_is_float32_altogether() -> None:
    method = registry().build("method", "vat")
    assert precision_of(Protocol(precision="bf16"), CPU, full=method.full_precision).name == "fp32"
    assert [name for name in stepwise() if registry().build("method", name).full_precision] == ["vat"]


@pytest.fixture
def models() -> tuple[nn.Module, nn.Module]:
    step = prepare(registry().build("method", "fixmatch"), StepCase())
    return step.model, step.average


@pytest.mark.parametrize("drops", [False, True])
def test_every_pass_multiplies_in_bfloat16_and_gives_float32(models: tuple[nn.Module, nn.Module], drops: bool) -> None:
    x, z = torch.arange(42.0).view(7, 6).sin(), torch.arange(56.0).view(7, 8).cos()
    exact, narrow = (
        ModelForward(*models, Dropout(0.5, torch.tensor(3)) if drops else None, precision=one)
        for one in (EXACT, NARROW)
    )
    for name in CALLS:
        given = z if "head" in name else x
        with NARROW.step():
            found, expected = (torch.utils._pytree.tree_leaves(getattr(one, name)(given)) for one in (narrow, exact))
        for value, other in zip(found, expected, strict=True):
            assert value.dtype == other.dtype == torch.float32, name
            assert not torch.equal(value, other), f"{name} was in float32"
            torch.testing.assert_close(value, other, rtol=0.05, atol=0.05)


def test_what_is_as_wide_as_float32_stays_as_it_is() -> None:
    for dtype in (torch.float32, torch.float64, torch.int64):
        x = torch.ones(2, dtype=dtype)
        assert widened(x) is x
    assert widened(torch.ones(2, dtype=torch.float16)).dtype == torch.float32


@pytest.mark.parametrize(("given", "device", "full", "name"), [
    ("auto", "cpu", False, "fp32"), ("auto", "cuda", False, "bf16"), ("auto", "cuda", True, "fp32"),
    ("fp32", "cuda", False, "fp32"), ("tf32", "cuda", False, "tf32"), ("bf16", "cpu", False, "bf16"),
    ("bf16", "cpu", True, "fp32"), ("tf32", "cuda", True, "fp32"),
])  # fmt: skip
def test_the_protocol_names_the_precision(given: Any, device: str, full: bool, name: str) -> None:
    assert precision_of(Protocol(precision=given), torch.device(device), full=full).name == name


def allowed() -> tuple[bool, bool]:
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


def test_tf32_is_allowed_within_a_step_alone() -> None:
    before = allowed()
    with tf32(False):
        assert allowed() == (False, False)
        with Precision("tf32", torch.device("cuda")).step():
            assert allowed() == (True, True)
        assert allowed() == (False, False)
        with EXACT.step(), EXACT.network():
            assert allowed() == (False, False)
    assert allowed() == before
