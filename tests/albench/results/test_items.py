"""The names of a pool's items: written once, read by id, brought along, and refused where they are torn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from albench.api import Split, Splits, Task
from albench.errors import StoreError
from albench.results.items import Item, copy_items, items_file, read_items, write_items


def splits(labels: list[int], groups: list[int] | None = None) -> Splits:
    part = Split(np.zeros((len(labels), 2), dtype=np.float32), np.array(labels))
    task = Task("features", (2,), 2, ("well", "ill"))
    return Splits(part, part, part, task, groups={} if groups is None else {"train": np.array(groups)})


def test_what_is_written_is_read_by_id(tmp_path: Path) -> None:
    write_items(tmp_path, "d1", splits([0, 1, 1], [7, 7, 9]))
    assert read_items(tmp_path, "d1") == [
        Item("train row 0", "7", "well"),
        Item("train row 1", "7", "ill"),
        Item("train row 2", "9", "ill"),
    ]
    assert read_items(tmp_path, "d2") == []


def test_what_says_the_same_is_not_written_again_and_what_was_changed_is(tmp_path: Path) -> None:
    write_items(tmp_path, "d1", splits([0, 1]))
    path = items_file(tmp_path, "d1")
    before = path.stat().st_mtime_ns, path.read_bytes()
    write_items(tmp_path, "d1", splits([0, 1]))
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    path.write_bytes(b"edited")
    write_items(tmp_path, "d1", splits([0, 1]))
    assert path.read_bytes() == before[1]


def test_a_torn_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    write_items(tmp_path, "d1", splits([0, 1, 0]))
    path = items_file(tmp_path, "d1")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], *lines[3:]]))
    with pytest.raises(StoreError, match="item 1 is missing or torn: delete it"):
        read_items(tmp_path, "d1")
    path.write_text("".join(lines[1:]))
    with pytest.raises(StoreError, match="does not begin with id,item,group,class"):
        read_items(tmp_path, "d1")


def test_of_several_sources_the_first_names_a_data_set(tmp_path: Path) -> None:
    for folder in ("one", "two", "both"):
        (tmp_path / folder).mkdir()
    write_items(tmp_path / "one", "d1", splits([0]))
    write_items(tmp_path / "two", "d1", splits([1]))
    write_items(tmp_path / "two", "d2", splits([1, 1]))
    copy_items([tmp_path / "one", tmp_path / "two"], tmp_path / "both")
    assert [item.label for item in read_items(tmp_path / "both", "d1")] == ["well"]
    assert [item.label for item in read_items(tmp_path / "both", "d2")] == ["ill", "ill"]
