"""``albench data``: files are checked, and a stand-in's are written."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Inside = Callable[..., subprocess.CompletedProcess[str]]
Refuse = Callable[..., str]


def arrays(path: Path) -> None:
    """Ten items of two classes in each split, none of them twice."""
    rng = np.random.default_rng(0)
    parts = {}
    for split in ("train", "val", "test"):
        parts[f"{split}_images"] = rng.integers(0, 256, (10, 8, 8), np.uint8)
        parts[f"{split}_labels"] = np.arange(10) % 2
    np.savez(path, **parts)


def test_data_that_are_well_are_counted(inside: Inside, tmp_path: Path) -> None:
    arrays(tmp_path / "mine.npz")
    done = inside("data", "verify", "npz[path=mine.npz]")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "npz[path=mine.npz]: train 10, val 10, test 10; 2 classes; all checks passed."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("verify", "npz[path=absent.npz]"), "absent.npz"),
        (("views", "digits", "--out", "sheet.jpg"), "--out sheet.jpg: the sheet is a PNG file, as sheet.png."),
        (("simulate", "digits", "--out", "x"), "no simulation of Digits"),
    ],
)
def test_what_cannot_be_done_is_one_line(words: tuple[str, ...], message: str, refuse: Refuse) -> None:
    assert message in refuse("data", *words)
