"""Items of a split: gathered the same from memory and from a map, always as copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from albench.data.items import Items, Several, as_input, blocks, one_after_the_other

CPU = torch.device("cpu")


def test_items_are_gathered_the_same_from_memory_and_from_a_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.arange(60, dtype=np.float32).reshape(20, 3)
    np.save(tmp_path / "x.npy", x)
    resident = Items(x, CPU)
    monkeypatch.setattr("albench.data.items.RESIDENT_BYTES", 10)
    mapped = Items(np.load(tmp_path / "x.npy", mmap_mode="r"), CPU)
    index = torch.tensor([5, 0, 19, 5])
    assert torch.equal(resident.gather(index), mapped.gather(index))
    assert torch.equal(torch.cat(list(mapped.blocks(index, 3))), torch.from_numpy(x[index]))
    resident.gather(index).zero_()
    assert torch.equal(resident.gather(index), mapped.gather(index))


def test_images_become_floats() -> None:
    assert as_input(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [0, 1]


def test_blocks_name_their_first_row_and_leave_none_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("albench.data.items.BLOCK_BYTES", 24)
    x = np.arange(14, dtype=np.float32).reshape(7, 2)
    found = list(blocks(x))
    assert [start for start, _ in found] == [0, 3, 6]
    np.testing.assert_array_equal(np.concatenate([rows for _, rows in found]), x)


def test_images_have_four_dimensions_and_a_block_holds_64_to_4096_items() -> None:
    assert Items(np.zeros((2, 1, 3, 3), np.uint8), CPU).is_image
    small, large = Items(np.zeros((2, 3), np.float32), CPU), Items(np.zeros((1, 3, 700, 700), np.uint8), CPU)
    assert not small.is_image
    assert (small.block_size, large.block_size) == (4096, 64)


@pytest.mark.parametrize("copied", [10**6, 0])
def test_items_of_two_arrays_are_numbered_one_after_the_other(copied: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("albench.data.items.COPIED_BYTES", copied)
    pool, more = np.arange(12, dtype=np.float32).reshape(4, 3), -np.arange(15, dtype=np.float32).reshape(5, 3)
    items = one_after_the_other(pool, more, CPU)
    assert isinstance(items, Several) is (copied == 0)
    assert len(items) == 9
    found = items.gather(torch.tensor([8, 0, 4, 3, 8]))
    np.testing.assert_array_equal(found.numpy(), np.concatenate([pool, more])[[8, 0, 4, 3, 8]])
    assert items.gather(torch.tensor([2])).tolist() == [[6, 7, 8]]
    assert torch.equal(torch.cat(list(items.blocks(torch.arange(9), 4))), items.gather(torch.arange(9)))


@pytest.mark.parametrize("copied", [10**6, 0])
def test_the_first_of_them_are_all_that_there_is_of_the_pool(copied: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("albench.data.items.COPIED_BYTES", copied)
    pool, more = np.zeros((4, 3), np.float32), np.ones((5, 3), np.float32)
    first = one_after_the_other(pool, more, CPU).first(4)
    assert len(first) == 4
    assert not first.gather(torch.arange(4)).any()
    with pytest.raises((IndexError, RuntimeError)):
        first.gather(torch.tensor([4]))
