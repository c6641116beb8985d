"""Tensors on the host: the same numbers in few copies."""

from __future__ import annotations

import pytest
import torch

from albench.disk.host import content_on_host, on_host
from albench.testing.pretended import pretended_cuda, unavailable


def test_what_is_on_the_host_stays_as_it_is() -> None:
    content = {"a": torch.ones(2), "b": [1, (torch.zeros(1), "x")]}
    assert content_on_host(content) is content
    (same,) = on_host([content["a"]])  # type: ignore[list-item]
    assert same is content["a"]


def test_a_device_is_asked_once_for_each_type() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    tensors = [torch.rand(2, 3), torch.arange(4), torch.rand(5).double(), torch.rand(()), torch.empty(0, 3)]
    with pretended_cuda() as account:
        there = [each.to("cuda") for each in tensors]
        there[0] = there[0].T  # which lies in another order
        account.clear()
        content = {"list": there[:3], "tuple": (there[3], None), "own": {"empty": there[4]}, "here": tensors[1], "n": 3}
        given = content_on_host(content)
        assert account.count("waits") == 3
    assert torch.equal(given["list"][0], tensors[0].T)
    for one, other in zip((*given["list"][1:], given["tuple"][0], given["own"]["empty"]), tensors[1:], strict=True):
        assert torch.equal(one, other)
        assert one.dtype == other.dtype
        assert one.shape == other.shape
    assert (given["tuple"][1], given["here"] is tensors[1], given["n"]) == (None, True, 3)
    given["list"][0].zero_()
    assert given["tuple"][0] == tensors[3]  # none is a part of another
