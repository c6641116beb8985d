"""Files that are whole or absent, and tell when they were damaged."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.disk.files import checksum, load_tensors, read_sealed, save_tensors, sealed_text, writing
from albench.errors import DamagedFile, FolderError

CONTENT = {"name": "ä", "seed": 3, "rate": 0.1, "list": [1, None, {"b": 1, "a": True}]}


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@given(
    content=st.dictionaries(
        st.text(),
        st.recursive(
            PLAIN,
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.dictionaries(st.integers(), inner),
        ),
    )
)
def test_what_is_sealed_is_written_as_json_writes_it_with_an_indent_of_one(content: dict[str, Any]) -> None:
    whole = {**content, "checksum": checksum(json.dumps(content, sort_keys=True, separators=(",", ":")))}
    assert sealed_text(content) == json.dumps(whole, indent=1) + "\n"


def test_what_is_sealed_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    assert read_sealed(path) == {}
    path.write_text(sealed_text(CONTENT))
    assert read_sealed(path) == CONTENT
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))
    assert read_sealed(path) == CONTENT, "formatted anew it is the same"
    path.write_text(sealed_text(read_sealed(path)))
    assert read_sealed(path) == CONTENT, "sealed twice it is the same"


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped.json"
    whole = bytearray(sealed_text(CONTENT).encode())
    whole[place % len(whole)] ^= 1 << bit
    path.write_bytes(whole)
    with contextlib.suppress(DamagedFile):
        found = read_sealed(path)
        # A change between the values changes nothing; one in the word "checksum" makes it a key like any other.
        assert {key: found[key] for key in CONTENT} == CONTENT


def test_tensors_come_back_or_say_why(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "x.pt"
    assert load_tensors(path, 1) == "is missing"
    save_tensors(path, {"format": 1, "x": torch.arange(1000)})
    found = load_tensors(path, 1)
    assert isinstance(found, dict)
    assert torch.equal(found["x"], torch.arange(1000))
    assert load_tensors(path, 2) == "is of another version"
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert load_tensors(path, 1) == "is damaged, or of another version"


def test_an_error_of_the_disk_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    for number, what in ((errno.ENOSPC, "make room"), (errno.EROFS, "see to it")):
        with pytest.raises(FolderError, match=what) as raised, writing(tmp_path):
            raise OSError(number, os.strerror(number))
        assert str(raised.value).startswith(f"{tmp_path} cannot be written ({os.strerror(number)}): ")
