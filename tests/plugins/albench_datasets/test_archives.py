"""Members of archives: whole, unpacked, damaged and foreign ones."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tar_files import packed

from albench.api import DataError
from albench_datasets.archives import Member, read_members

A, B = Member("set/a.bin", 3), Member("set/b.bin", 5)


WHOLE = {"set/other.txt": b"text", "set/b.bin": b"bbbbb" * 2, "set/a.bin": b"aaa"}


@pytest.mark.parametrize("folder", ["", "./"])
def test_members_come_in_whatever_order(tmp_path: Path, folder: str) -> None:
    path = packed(tmp_path / "set.tar.gz", WHOLE, folder=folder)
    held = read_members({"set.tar.gz": path}, [A, B])
    assert {name: array.tobytes() for name, array in held.bytes.items()} == {
        "set/a.bin": b"aaa",
        "set/b.bin": b"bbbbb" * 2,
    }
    assert held.where("set/a.bin") == f"{path}: set/a.bin"


def test_unpacked_files_serve_as_well(tmp_path: Path) -> None:
    files = {}
    for name in ("set/a.bin", "set/b.bin"):
        files[name] = tmp_path / name
        files[name].parent.mkdir(exist_ok=True)
        files[name].write_bytes(WHOLE[name])
    held = read_members(files, [A, B])
    np.testing.assert_array_equal(held.bytes["set/a.bin"], np.frombuffer(b"aaa", np.uint8))
    assert held.where("set/a.bin") == str(files["set/a.bin"])
    files["set/b.bin"].write_bytes(b"bbb")
    with pytest.raises(DataError, match=r"b\.bin: damaged: 3 bytes are no whole number of records of 5"):
        read_members(files, [A, B])


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"set/a.bin": b"aaa"}, "no set/b.bin; get the file again"),
        ({"set/a.bin": b"aaaa", "set/b.bin": b"bbbbb"}, "set/a.bin: damaged: 4 bytes are no whole number of records"),
        ({"set/a.bin": b"", "set/b.bin": b"bbbbb"}, "set/a.bin: damaged: 0 bytes are no whole number of records"),
        ({"set/a.bin": b"a" * 99, "set/b.bin": b"bbbbb"}, "claims 99 bytes, at most 30 are expected"),
    ],
)
def test_other_members_are_told(tmp_path: Path, held: dict[str, bytes], told: str) -> None:
    path = packed(tmp_path / "set.tar.gz", held)
    with pytest.raises(DataError, match=re.escape(f"{path}: ") + ".*" + re.escape(told)):
        read_members({"set.tar.gz": path}, [Member(A.name, 3, most=30), B])


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>", b"", b"\x1f\x8b\x08\x00 no more"])
def test_what_is_no_archive_is_told(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "set.tar.gz"
    path.write_bytes(body)
    with pytest.raises(DataError, match=r"set\.tar\.gz: (damaged|no set/a\.bin).*get the file again"):
        read_members({"set.tar.gz": path}, [A, B])


def test_half_an_archive_is_told(tmp_path: Path) -> None:
    body = np.random.default_rng(0).integers(0, 256, 50_000, np.uint8).tobytes()
    path = packed(tmp_path / "set.tar.gz", {"set/a.bin": body[:49_998], "set/b.bin": body})
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(DataError, match=r"set\.tar\.gz: damaged \(.*\); get the file again"):
        read_members({"set.tar.gz": path}, [A, B])
