"""A file of rows goes on where its last whole block ends, or starts again where nothing in it can be relied on."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np

from albench.extract.rows import RowFile, progress_file


def test_a_whole_file_is_what_numpy_would_have_written(tmp_path: Path) -> None:
    final, rows = tmp_path / "x.npy", np.random.default_rng(0).random((5, 3))
    with RowFile(final, (5, 3), 2) as file:
        for start in (0, 2, 4):
            file.append(rows[start : start + 2])
            assert json.loads(progress_file(final).read_text()) == {"rows": min(5, start + 2)}
    assert np.load(final).dtype == np.float32
    assert np.array_equal(np.load(final), rows.astype(np.float32))
    np.save(tmp_path / "theirs.npy", rows.astype(np.float32))
    assert np.load(tmp_path / "theirs.npy", mmap_mode="r").offset % 64 == 0
    assert final.stat().st_size == (tmp_path / "theirs.npy").stat().st_size


def test_without_a_row_more_than_was_counted(tmp_path: Path) -> None:
    """Killed after a block was written and before it was counted: that block is written once."""
    final, rows = tmp_path / "x.npy", np.arange(8, dtype=np.float32).reshape(4, 2)
    with contextlib.suppress(KeyboardInterrupt), RowFile(final, (4, 2), 2) as file:
        file.append(rows[:2])
        file._file.write(b"half a block")
        raise KeyboardInterrupt
    with RowFile(final, (4, 2), 2) as file:
        assert file.rows == 2
        file.append(rows[2:])
    assert np.array_equal(np.load(final), rows)


def test_a_row_file_that_cannot_be_relied_on_starts_again(tmp_path: Path) -> None:
    final, rows = tmp_path / "a-features.npy", np.arange(12, dtype=np.float32).reshape(6, 2)

    def interrupted() -> None:
        with contextlib.suppress(KeyboardInterrupt), RowFile(final, (6, 2), 2) as file:
            file.append(rows[:2])
            raise KeyboardInterrupt

    progress, part = tmp_path / "a-features.json", tmp_path / "a-features.npy.part"
    for damage in (
        lambda: progress.write_text('{"rows": 5}'),  # no whole blocks
        lambda: progress.write_text('{"rows": 6}'),  # more than the file holds
        lambda: progress.write_text("{"),
        lambda: part.write_bytes(b"x" * 4096),  # no such header
        part.unlink,
    ):
        interrupted()
        assert json.loads(progress.read_text()) == {"rows": 2}
        damage()
        with contextlib.suppress(KeyboardInterrupt), RowFile(final, (6, 2), 2) as file:
            assert file.rows == 0
            raise KeyboardInterrupt
    interrupted()
    with RowFile(final, (6, 2), 2) as file:
        assert file.rows == 2
        file.append(rows[2:4])
        file.append(rows[4:])
    assert np.array_equal(np.load(final), rows)
    assert not part.exists()
