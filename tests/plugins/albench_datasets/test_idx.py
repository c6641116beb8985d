"""IDX files: what the format says, and what a damaged, forged or foreign file is told to be."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from idx_files import idx_bytes

from albench.api import DataError
from albench_datasets.idx import read_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("packed", [True, False])
def test_an_array_comes_back(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(idx_bytes(IMAGES)) if packed else idx_bytes(IMAGES))
    np.testing.assert_array_equal(read_idx(path, 3), IMAGES)


WHOLE = idx_bytes(IMAGES)
FORGED = b"\0\0\x08\x03" + b"\xff\xff\xff\xff" * 3 + b"few"
WRONG = {
    "no file": (None, "cannot be read (No such file or directory)"),
    "a page": (b"<!DOCTYPE html>", "not an IDX file, it begins with b'<!DO'; get the file again"),
    "nothing": (b"", "not an IDX file, it begins with b''"),
    "labels": (idx_bytes(np.arange(5)), "type 0x08 with 1 axes; unsigned bytes (0x08) with 3 are needed"),
    "floats": (b"\0\0\x0d\x03" + WHOLE[4:], "type 0x0d with 3 axes"),
    "half": (WHOLE[:-1], "damaged: its header claims (2, 3, 4), 24 bytes, but the file holds less; get the file again"),
    "more": (WHOLE + b"\0", "but the file holds more; get the file again"),
    "no shape": (WHOLE[:9], "but the file holds less"),
    "forged": (FORGED, "but the file holds less"),
    "forged and packed": (gzip.compress(FORGED), "but the file holds less"),
    "half packed": (gzip.compress(WHOLE)[:-12], "damaged (Compressed file ended"),
    "bad sum": (gzip.compress(WHOLE)[:-8] + b"\1" * 8, "damaged (CRC check failed"),
    "bad block": (gzip.compress(WHOLE)[:10] + b"\xff" * 20, "damaged (Error -3"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_such_array_is_told(tmp_path: Path, what: str) -> None:
    held, told = WRONG[what]
    path = tmp_path / "file"
    if held is not None:
        path.write_bytes(held)
    with pytest.raises(DataError, match=re.escape(f"{path}: ") + ".*" + re.escape(told)):
        read_idx(path, 3)
