"""Files of a published set on disk: missing, as published, or others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from albench.api import DataError, Published, Remote, checksum_problem, missing_files

FILE = Remote("a.gz", ("http://here/a.gz",), f"sha256:{hashlib.sha256(b'held').hexdigest()}", 4)
FACTS = Published(
    spec="small",
    title="a set",
    n_classes=2,
    items={"train": 30},
    licence="CC0",
    citation="nobody 2026",
    files=(FILE, replace(FILE, name="b.gz")),
    subfolders=("small",),
)


def test_what_is_missing_is_told_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    told = str(missing_files(FACTS, tmp_path))
    assert told.startswith(f"no a.gz and b.gz of small in {tmp_path} or ")
    assert "download with 'albench data fetch small' (8 bytes, licence: CC0), or name the folder" in told
    unknown = replace(FACTS, files=(replace(FILE, size=0),))
    assert "'albench data fetch small' (licence: CC0)" in str(missing_files(unknown, None))


def test_a_file_of_other_bytes_is_a_note(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"held")
    assert checksum_problem(FILE, path) is None
    path.write_bytes(b"other")
    problem = checksum_problem(FILE, path)
    assert problem is not None
    assert not problem.fatal
    assert problem.what.startswith("not the published file byte for byte: sha256:")
    assert checksum_problem(FILE, tmp_path / "a") is None  # unpacked: nothing is published of that
    with pytest.raises(DataError, match=r"b\.gz: cannot be read"):
        checksum_problem(replace(FILE, name="b.gz"), tmp_path / "b.gz")
