"""How near items are to others of their group: against all distances written out, on the CPU and on a device."""

from __future__ import annotations

import pytest
import torch
from draws import generator

from albench.kernels import UnitRows, distances_in_groups, groups
from albench.testing.pretended import pretended_cuda, unavailable

SIZES = [30, 1, 2, 5, 60, 9, 13]
X = UnitRows(
    torch.randn(100, 6, generator=generator()), torch.randn(100, 6, generator=generator(1))[torch.arange(100) % 70]
)
MEMBERS = [part.sort().values for part in torch.randperm(200, generator=generator(2))[: sum(SIZES)].split(SIZES)]
CENTERS = torch.stack([X[members].mean(dim=0) for members in MEMBERS])


def test_they_are_means_of_the_nearest() -> None:
    found = distances_in_groups(X, MEMBERS, CENTERS, 8)
    for members, distances in zip(MEMBERS, found, strict=True):
        every = torch.cdist(X[members].double(), X[members].double()).fill_diagonal_(torch.inf).sort(dim=1).values
        expected = every[:, : min(8, len(members) - 1)].mean(dim=1) if len(members) > 1 else torch.zeros(1)
        torch.testing.assert_close(distances.double(), expected.double(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rows", [4096, 7])
def test_a_device_says_what_the_cpu_says(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := unavailable():
        pytest.skip(reason)
    monkeypatch.setattr(groups, "_ROWS", rows)
    expected = distances_in_groups(X, MEMBERS, CENTERS, 8)
    with pretended_cuda() as account:
        x = UnitRows(*(part.to("cuda:0") for part in X._parts))
        centers = CENTERS.to("cuda:0")
        account.clear()
        found = distances_in_groups(x, MEMBERS, centers, 8)
        assert account.count("waits") == 1
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-7)


def test_a_block_is_no_larger_than_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_HELD", 400)
    blocks = list(groups._blocks([30, 5, 5, 60], 16))
    assert [low + part.start for low, _, part in blocks] == sorted(low + part.start for low, _, part in blocks)
    assert sum(part.stop - part.start for _, _, part in blocks) == 100
    for low, high, part in blocks:
        count = part.stop - part.start
        assert count == 1 or count * (high - low) <= 400
        assert high in (30, 35, 40, 100)
        assert low in (0, 30, 35, 40)
