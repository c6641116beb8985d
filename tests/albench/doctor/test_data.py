"""Data sets: what is missing, how to get it, and what is damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from examined import Report, found


def test_what_is_missing_and_how_to_get_it(tmp_path: Path, report: Callable[..., Report]) -> None:
    _, parts = report("data", "--data-dir", "empty", cwd=tmp_path)
    mescc = found(parts, "data", "mescc")
    assert (mescc["status"], mescc["found"]) == ("note", "not here: the data folder empty does not exist")
    assert "albench data simulate mescc" in mescc["advice"]


def test_damaged_files(tmp_path: Path, report: Callable[..., Report], command_line: Callable[..., str]) -> None:
    command_line(["data", "simulate", "mescc", "--out", "data"], tmp_path)
    code, parts = report("data", "--data-dir", "data", cwd=tmp_path)
    assert (code, found(parts, "data", "mescc")["status"]) == (0, "ok")
    file = max((tmp_path / "data").rglob("*train*features*.npy"))
    file.write_bytes(file.read_bytes()[:2000])
    code, parts = report("data", "--data-dir", "data", cwd=tmp_path)
    assert (code, found(parts, "data", "mescc")["status"]) == (1, "broken")
    assert file.name in found(parts, "data", "mescc")["found"]
