"""What a component does beside its answer is seen, and what it does not do is not."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from albench.testing.watch import (
    LargestTensor,
    changed_globals,
    changed_tensors,
    copies,
    global_state,
    host_reads,
    other_globals,
    own_generators,
    python_peak,
)


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (random.random, "random's state"),
        (lambda: np.random.rand(), "numpy.random's state"),  # noqa: NPY002  # the global state is what is watched
        (lambda: torch.rand(1), "torch's random state"),
        (lambda: torch.set_default_dtype(torch.float64), "torch's default dtype"),
        (lambda: np.seterr(divide="ignore"), "numpy's error handling"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_changed_of_the_process_is_named(act: Callable[[], object], name: str) -> None:
    errors, before = np.geterr(), global_state()
    try:
        with other_globals(0):  # put back after
            inside = global_state()
            act()
            assert changed_globals(inside) == [name]
    finally:
        torch.set_default_dtype(torch.float32)
        np.seterr(**errors)
    assert changed_globals(before) == []


def test_other_states_are_put_back() -> None:
    before = global_state()
    with other_globals(7):
        assert len(changed_globals(before)) == 3
        drawn = random.random(), float(torch.rand(1))
    assert changed_globals(before) == []
    with other_globals(7):
        assert drawn == (random.random(), float(torch.rand(1)))


def test_tensors_that_were_written_to_are_named() -> None:
    tensors = {"a": torch.zeros(3), "b": torch.zeros(2), "c": torch.zeros(1)}
    before = copies(tensors)
    tensors["a"][1] = 1
    tensors["b"].resize_(1)
    assert changed_tensors(tensors, before) == ["a", "b"]


def test_the_largest_tensor_is_that_of_the_memory_behind_it() -> None:
    with LargestTensor() as seen:
        a = torch.ones(10)
        _ = a.expand(1000, 10)
        (a[:, None] * a).sum()
    assert (seen.elements, seen.operation) == (100, "aten.mul.Tensor")


def test_the_peak_is_of_what_was_made_meanwhile() -> None:
    kept = np.ones(2**20)
    with python_peak() as peak:
        assert peak() < 2**16
        np.ones(2**18).sum()
    with python_peak() as later:
        pass
    assert peak() >= 2**21 or later() < 2**16  # read inside, it is what was held; read outside, nothing is traced
    assert kept.nbytes == 2**23


def test_generators_of_its_own_are_told_with_their_seeds() -> None:
    with own_generators() as made:
        generator = torch.Generator()
        assert isinstance(generator, torch.Generator)
        torch.Generator().manual_seed(3)
        np.random.default_rng()
        np.random.RandomState(5)
    assert made() == [
        ("torch.Generator", None),
        ("torch.Generator", 3),
        ("numpy.random.default_rng", None),
        ("numpy.random.RandomState", 5),
    ]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda x: x.sum().item(), "Tensor.item"),
        (lambda x: x.tolist(), "Tensor.tolist"),
        (lambda x: bool(x.sum() > 0), "Tensor.__bool__"),
        (lambda x: x[x > 0], "indexing by a boolean mask"),
        (lambda x: torch.nonzero(x), "nonzero.default"),
        (lambda x: torch.unique(x), "_unique2.default"),
    ],
    ids=["item", "tolist", "bool", "mask", "nonzero", "unique"],
)
def test_waits_for_values_are_told(act: Callable[[torch.Tensor], object], told: str) -> None:
    x = torch.arange(4.0)
    with host_reads() as reads:
        act(x)
    assert any(told == read for read in reads)


def test_what_stays_on_the_device_waits_for_nothing() -> None:
    x = torch.arange(4.0)
    with host_reads() as reads:
        torch.where(x > 1, x, 0).sum() + x[torch.tensor([0, 2])].amax() + x.topk(2).values.mean()
    assert reads == []
