"""The results folder: whether it can be written, holds claims apart, and has room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from examined import Report, found, read, typed

from albench.doctor import places
from albench.doctor.places import file_system, there


class Usage:
    """As of ``shutil.disk_usage``."""

    def __init__(self, free: int) -> None:
        self.free = free


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no folder that refuses even root")
def test_a_folder_that_cannot_be_written(tmp_path: Path, report: Callable[..., Report]) -> None:
    code, parts = report("disk", "--out", "/proc/results", cwd=tmp_path)
    assert (code, found(parts, "disk", "writing")["status"]) == (1, "broken")
    assert "--out" in found(parts, "disk", "writing")["advice"]


def test_a_folder_without_the_right_to_write(tmp_path: Path, as_a_user: list[str]) -> None:
    (tmp_path / "shut").mkdir(mode=0o555)
    code, parts = read(typed("disk", "--out", "shut", "--json", cwd=tmp_path, before=as_a_user))
    assert (code, found(parts, "disk", "writing")["found"]) == (1, f"{tmp_path / 'shut'}: Permission denied")


def test_a_file_in_the_folders_place(tmp_path: Path, report: Callable[..., Report]) -> None:
    (tmp_path / "results").write_text("")
    code, parts = report("disk", cwd=tmp_path)
    assert (code, found(parts, "disk", "writing")["status"]) == (1, "broken")


def test_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, status in ((2**40, "ok"), (2**29, "warning"), (2**20, "broken")):
        monkeypatch.setattr(places.shutil, "disk_usage", lambda _, free=free: Usage(free))
        (diagnosis,) = places._space(tmp_path)
        assert diagnosis.status == status


def test_a_claim_that_holds_nobody_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert places._claim_is_respected(tmp_path / "claim") == ""
    monkeypatch.setattr(places, "_TRY_CLAIM", "pass")
    assert "both would run" in places._claim_is_respected(tmp_path / "other")
    steal = "import sys; p = sys.argv[1]; open(p + '-2', 'w').close(); sys.exit(3)"  # as if the folder lost names
    monkeypatch.setattr(places, "_TRY_CLAIM", steal)
    assert "ClaimLost" in places._claim_is_respected(tmp_path / "third")


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    deep = str((tmp_path / "a b").resolve()).replace(" ", "\\040")
    mounts.write_text(f"home:/x {deep} nfs4 rw 0 0\n/dev/x / ext4 rw 0 0\n")
    assert file_system(tmp_path / "a b" / "c", mounts) == "nfs4"
    assert file_system(tmp_path / "a", mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") == ""


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert there(tmp_path / "a" / "b") == tmp_path
    assert there(tmp_path) == tmp_path
