"""Where data are looked for, and where downloads are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from albench.api import DataError, from_home
from albench.api.folders import download_root, locate, search_roots


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ALBENCH_DATA", raising=False)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda _name: str(tmp_path / "share"))
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _name: str(tmp_path / "cache"))


def test_the_folder_that_is_named_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    others = [tmp_path / "share", tmp_path / "cache" / "data"]
    assert search_roots(None) == others
    assert download_root(None) == others[1]
    monkeypatch.setenv("ALBENCH_DATA", str(tmp_path / "data"))
    assert search_roots(None) == [tmp_path / "data", *others]
    assert search_roots(tmp_path / "mine") == [tmp_path / "mine", tmp_path / "data", *others]
    assert download_root(None) == tmp_path / "data"
    assert download_root(tmp_path / "mine") == tmp_path / "mine"


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_all_files_come_from_one_folder(tmp_path: Path) -> None:
    names = ("a.gz", "b.gz")
    touch(tmp_path / "mine" / "set" / "a.gz")
    there = [touch(tmp_path / "cache" / "data" / "SET" / name) for name in ("a", "b.gz")]
    assert locate(names, ("set", "SET"), tmp_path / "mine") == dict(zip(names, there, strict=True))
    mine = touch(tmp_path / "mine" / "b.gz")
    assert locate(("b.gz",), ("set", "SET"), tmp_path / "mine") == {"b.gz": mine}
    assert locate(("c",), ("set",), tmp_path / "mine") is None


def test_without_a_home_a_folder_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_name: str) -> str:
        raise RuntimeError("no home")

    monkeypatch.setattr("platformdirs.user_data_dir", nowhere)
    monkeypatch.setattr("platformdirs.user_cache_dir", nowhere)
    assert search_roots(None) == []
    with pytest.raises(DataError, match=r"no cache folder.*--data-dir or ALBENCH_DATA"):
        download_root(None)
    monkeypatch.setattr(Path, "expanduser", nowhere)
    with pytest.raises(DataError, match="write the whole path"):
        from_home(Path("~/data"))
