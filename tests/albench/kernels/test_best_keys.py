"""What is kept of blocks of columns, on the CPU and as a device does it, beside sorting everything."""

from __future__ import annotations

import pytest
import torch

from albench.kernels.best_keys import Best, BestOnDevice, best_keys
from albench.kernels.ordering import pack


@pytest.mark.parametrize("kind", [Best, BestOnDevice])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("k", [1, 5, 40])
def test_the_best_of_all_blocks_are_kept_and_equal_ones_by_their_columns(kind: type, transposed: bool, k: int) -> None:
    generator = torch.Generator().manual_seed(k)
    similarity = torch.randint(6, (30, 160), generator=generator).float()
    similarity[:, 100:] = -torch.inf
    best = kind(30, k, torch.device("cpu"))
    for start in range(0, 160, 32):
        block = similarity[:, start : start + 32].contiguous()
        best.offer(block.T.contiguous() if transposed else block, start, transposed=transposed)
    best.merge()
    assert torch.equal(best.keys, pack(similarity, torch.arange(160)).sort(dim=1, descending=True).values[:, :k])


def test_a_device_sorts_in_and_the_cpu_looks_first() -> None:
    assert isinstance(best_keys(2, 1, torch.device("cpu")), Best)
    assert isinstance(best_keys(2, 1, torch.device("meta")), BestOnDevice)
