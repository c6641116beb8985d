"""Sums in a fixed order: those of torch on the CPU, and on a device by whole numbers and products."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from albench.kernels.sums import add_by_group, running_sum
from albench.testing.pretended import Account, pretended_cuda, unavailable


@pytest.fixture
def account() -> Iterator[Account]:
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_cuda() as made:
        yield made


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_running_sums_are_those_of_the_cpu(account: Account, dtype: torch.dtype) -> None:
    x = torch.rand(5000, dtype=dtype, generator=torch.Generator().manual_seed(1)) ** 8
    x[::7] = 0
    expected = x.double().cumsum(0)
    assert torch.equal(running_sum(x), expected)
    given = running_sum(x.to("cuda")).cpu()
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-12 * float(expected[-1]))
    assert not given.diff()[x[1:] == 0].any()  # what weighs nothing is never drawn
    assert not account.sums
    assert running_sum(torch.zeros(3, device="cuda")).tolist() == [0, 0, 0]
    assert running_sum(torch.tensor([1e300, 3e300], dtype=torch.float64, device="cuda")).tolist() == [1e300, 4e300]


def test_rows_are_added_to_their_groups(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, group = torch.rand(50, 3), torch.randint(4, (50,))
    expected = torch.ones(5, 3)
    for row, own in zip(rows, group.tolist(), strict=True):
        expected[own] += row
    on_cpu, on_device = torch.ones(5, 3), torch.ones(5, 3, device="cuda")
    add_by_group(on_cpu, group, rows)
    torch.testing.assert_close(on_cpu, expected)
    monkeypatch.setattr("albench.kernels.sums._FLOATS", 64)  # several blocks
    add_by_group(on_device, group.to("cuda"), rows.to("cuda"))
    torch.testing.assert_close(on_device.cpu(), expected)
    assert not account.sums
