"""Kept vectors are whole or absent, made once, and known by what they hold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from albench.data import vectors
from albench.data.vectors import CACHE, cache_folder, find, kept, named
from albench.errors import DataError, FolderError

X = np.arange(12, dtype=np.float32).reshape(4, 3)
NAME = named("items", "encoder")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "encoded"


def blocks(x: np.ndarray = X) -> Iterator[np.ndarray]:
    yield from (x[:3], x[3:])


def made() -> vectors.Made:
    return 3, blocks()


def never() -> vectors.Made:
    raise AssertionError("they are there already")


def test_vectors_are_made_once_and_mapped(cache: Path) -> None:
    first = kept(NAME, 4, made, {"encoder": "e"})
    again = kept(NAME, 4, never, {})
    assert isinstance(again, np.memmap)
    assert np.array_equal(first, X)
    assert np.array_equal(again, X)
    assert sorted(path.suffix for path in cache.iterdir()) == [".json", ".npy"]
    assert '"encoder": "e"' in next(cache.glob("*.json")).read_text()


def test_a_damaged_file_is_made_again(cache: Path) -> None:
    kept(NAME, 4, made, {})
    for damage in (lambda file: file.write_bytes(file.read_bytes()[:-4]), lambda file: file.unlink()):
        damage(next(cache.glob("*.npy")))
        assert find(NAME, 4) is None
        assert np.array_equal(kept(NAME, 4, made, {}), X)
    next(cache.glob("*.json")).write_text("{", encoding="utf-8")
    assert find(NAME, 4) is None
    assert np.array_equal(kept(NAME, 4, made, {}), X)


def test_what_fails_half_way_leaves_nothing(cache: Path) -> None:
    def fails() -> Iterator[np.ndarray]:
        yield X[:3]
        raise DataError("item 3 cannot be encoded.")

    with pytest.raises(DataError, match="item 3"):
        kept(NAME, 4, lambda: (3, fails()), {})
    with pytest.raises(DataError, match="3 vectors of 4 items"):
        kept(NAME, 4, lambda: (3, iter([X[:3]])), {})
    assert list(cache.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_one_line_and_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        with Path("/dev/full").open("wb", buffering=0) as device:
            device.write(b"x")

    monkeypatch.setattr(vectors.os, "fsync", full)
    with pytest.raises(FolderError, match=r"No space left on device.*make room, then run the same command again"):
        kept(NAME, 4, made, {})
    assert list(cache.iterdir()) == []


def test_without_a_home_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    def homeless(_: str) -> str:
        raise RuntimeError

    monkeypatch.setattr(platformdirs, "user_cache_dir", homeless)
    monkeypatch.delenv(CACHE)
    with pytest.raises(DataError, match="name one in ALBENCH_CACHE"):
        cache_folder()


WRITER = """
import sys, time
import numpy as np
from albench.data.vectors import kept
def blocks():
    for row in range(8):
        time.sleep(float(sys.argv[1]))
        print("block", flush=True)
        yield np.full((1, 2), row, np.float32)
def make():
    print("made", flush=True)
    return 2, blocks()
print(kept("shared", 8, make, {}).sum(), flush=True)
"""


def writer(seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(seconds)], stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_encode_once() -> None:
    both = [writer(0.1) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert sorted(text.count("made") for text in said) == [0, 1]
    assert [text.split()[-1] for text in said] == ["56.0", "56.0"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_kill_half_way_leaves_nothing_half_written_and_the_next_makes_all(cache: Path) -> None:
    process = writer(0.1)
    assert process.stdout is not None
    while process.stdout.readline().strip() != "block":
        pass
    time.sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert find("shared", 8) is None
    assert not list(cache.glob("*.npy"))
    (cache / ".shared.json.abc.tmp").write_text("{")  # as of a kill a moment later
    printed, _ = writer(0).communicate(timeout=60)
    assert printed.count("made") == 1
    assert sorted(path.name for path in cache.iterdir()) == ["shared.json", "shared.npy"]
