"""Files of a published set: fetched once, kept where the data are looked for, and never unasked."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_server import Files, serving

from albench.api import DataError, Published, Remote
from albench.data.download import Plainly
from albench.data.fetch import fetch, fetch_missing
from albench.errors import DownloadError

HELD = {"a.bin": b"a" * 3000, "b.bin": b"b" * 5000}


@pytest.fixture
def server() -> Iterator[Files]:
    with serving() as files:
        files.held |= HELD
        yield files


@pytest.fixture(autouse=True)
def asked_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ALBENCH_DATA", "ALBENCH_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _name: str(tmp_path / "cache"))


def published(server: Files, sizes: bool = True) -> Published:
    files = tuple(
        Remote(name, (server.url + name,), f"md5:{hashlib.md5(body).hexdigest()}", len(body) if sizes else 0)
        for name, body in HELD.items()
    )
    return Published(
        spec="small",
        title="two files",
        n_classes=2,
        items={"train": 1},
        licence="CC0",
        citation="nobody 2026",
        files=files,
        subfolders=("small", "SMALL"),
    )


def here(folder: Path) -> set[str]:
    """What lies in the folder, the locks aside."""
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


def test_files_are_fetched_once_after_a_line_with_their_size_and_licence(
    tmp_path: Path, server: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    got = fetch(published(server), tmp_path / "mine", Plainly())
    assert got == [tmp_path / "mine" / "small" / name for name in HELD]
    assert {path.name: path.read_bytes() for path in got} == HELD
    line = f"downloading small: 8.0 kB, licence: CC0, into {tmp_path / 'mine' / 'small'}\n"
    assert capsys.readouterr().err == line
    assert fetch(published(server), tmp_path / "mine", Plainly()) == []
    assert [name for name, _ in server.asked] == ["a.bin", "b.bin"]
    (tmp_path / "mine" / "small" / "a.bin").unlink()
    assert [path.name for path in fetch(published(server), tmp_path / "mine", Plainly())] == ["a.bin"]


def test_the_line_comes_before_the_first_byte(tmp_path: Path, server: Files) -> None:
    class Late(Plainly):
        def note(self, line: str) -> None:
            assert "licence" in line
            assert not [path for path in (tmp_path / "small").iterdir() if path.stat().st_size]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(published(server), tmp_path, Late())
    assert here(tmp_path / "small") == set()


def test_sizes_that_are_not_published_are_not_made_up(
    tmp_path: Path, server: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(published(server, sizes=False), tmp_path, Plainly())
    assert capsys.readouterr().err.startswith("downloading small: of unknown size, licence: CC0")


def test_without_a_data_folder_the_cache_takes_them(
    tmp_path: Path, server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch(published(server), None, Plainly())[0] == tmp_path / "cache" / "data" / "small" / "a.bin"
    monkeypatch.setenv("ALBENCH_DATA", str(tmp_path / "data"))
    assert fetch(published(server), None, Plainly())[0] == tmp_path / "data" / "small" / "a.bin"


def test_nothing_is_downloaded_offline(tmp_path: Path, server: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    told = r"no a\.bin and b\.bin of small in .*--offline or ALBENCH_OFFLINE.*'albench data fetch small' without it"
    with pytest.raises(DataError, match=told):
        fetch(published(server), tmp_path, Plainly(), offline=True)
    monkeypatch.setenv("ALBENCH_OFFLINE", "1")
    with pytest.raises(DataError, match=told):
        fetch(published(server), tmp_path, Plainly())
    assert server.asked == []
    assert list(tmp_path.iterdir()) == []


def test_nobodys_file_is_written_over(tmp_path: Path, server: Files) -> None:
    mine = tmp_path / "small" / "b.bin"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    with pytest.raises(DataError, match=r"b\.bin: not the published file byte for byte: md5:.*: move it away"):
        fetch(published(server), tmp_path, Plainly())
    assert mine.read_bytes() == b"mine"
    assert server.asked == []


def test_a_disk_without_room_is_told_before_anything_is_asked(
    tmp_path: Path, server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 7000

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage)
    with pytest.raises(DownloadError, match=r"8\.0 kB are to be downloaded, and the disk has 7\.0 kB left: make room"):
        fetch(published(server), tmp_path, Plainly())
    assert server.asked == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, server: Files) -> None:
    (tmp_path / "small").write_text("a file")
    with pytest.raises(DownloadError, match=r"small cannot be written \(File exists\): name another folder"):
        fetch(published(server), tmp_path, Plainly())


FETCH = """
import sys
from pathlib import Path
from albench.api import Published, Remote
from albench.data.download import Plainly
from albench.data.fetch import fetch
url, checksum, size = sys.argv[1:]
files = (Remote("slow.bin", (url,), checksum, int(size)),)
facts = Published(spec="s", title="", n_classes=2, items={}, licence="CC0", citation="", files=files, subfolders=("s",))
print(len(fetch(facts, Path("data"), Plainly())))
"""


def started(folder: Path, server: Files, body: bytes) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", FETCH, f"{server.url}slow.bin", f"sha256:{hashlib.sha256(body).hexdigest()}"]
    return subprocess.Popen(
        [*words, str(len(body))], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_processes_download_once(tmp_path: Path, server: Files) -> None:
    server.held["slow.bin"] = body = bytes(50_000)
    server.pause = 0.03
    both = [started(tmp_path, server, body) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert sorted(out.strip() for out, _ in said) == ["0", "1"], said
    assert server.asked == [("slow.bin", "")]
    assert (tmp_path / "data" / "s" / "slow.bin").read_bytes() == body
    assert here(tmp_path / "data" / "s") == {"slow.bin"}


def test_what_a_killed_process_began_is_gone_on_with(tmp_path: Path, server: Files) -> None:
    server.held["slow.bin"] = body = bytes(range(250)) * 1000
    server.pause = 0.005
    part = tmp_path / "data" / "s" / "slow.bin.part"
    first = started(tmp_path, server, body)
    end = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size) and time.monotonic() < end:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    left = part.stat().st_size
    assert 0 < left < len(body)
    server.pause = 0.0
    second = started(tmp_path, server, body)
    assert second.communicate(timeout=60)[0].strip() == "1"
    assert server.asked[-1] == ("slow.bin", f"bytes={left}-")
    assert (tmp_path / "data" / "s" / "slow.bin").read_bytes() == body


def test_only_what_is_published_and_not_found_is_fetched(tmp_path: Path, server: Files) -> None:
    class Held:
        def __init__(self, facts: Published | None, found: bool) -> None:
            self.facts, self.found = facts, found

        def published(self) -> Published | None:
            return self.facts

        def find(self, _root: Path | None) -> bool:
            return self.found

    sets = {"own": Held(None, False), "there": Held(published(server), True), "lacking": Held(published(server), False)}

    class Builds:
        def build(self, _kind: str, spec: str) -> Held:
            return sets[spec]

    fetch_missing(["own", "there"], Builds(), str(tmp_path), Plainly())  # type: ignore[arg-type]
    assert server.asked == []
    fetch_missing(["lacking"], Builds(), str(tmp_path), Plainly())  # type: ignore[arg-type]
    assert [name for name, _ in server.asked] == ["a.bin", "b.bin"]


def test_what_has_no_checksum_beforehand_is_downloaded_by_itself(tmp_path: Path) -> None:
    """Told and refused offline as files are; and not again where the data set is found."""
    asked: list[Path] = []

    def get(folder: Path) -> list[Path]:
        asked.append(folder)
        return [folder / "table"]

    own = Published(
        spec="own", title="a table", n_classes=0, items={}, licence="as its page states", citation="nobody 2026",
        subfolders=("own",), get=get,
    )  # fmt: skip
    assert own.downloads
    assert not Published(spec="x", title="", n_classes=2, items={}, licence="", citation="").downloads
    said: list[str] = []
    tell = Plainly()
    tell.note = said.append  # type: ignore[method-assign]
    with pytest.raises(DataError, match=r"no such data of own in .*own, and nothing is downloaded"):
        fetch(own, tmp_path, tell, offline=True)
    assert not asked
    assert not said
    assert fetch(own, tmp_path, tell) == [tmp_path / "own" / "table"]
    assert asked == [tmp_path / "own"]
    assert said == [f"downloading own: of unknown size, licence: as its page states, into {tmp_path / 'own'}"]


def test_size_and_licence_that_a_server_alone_knows_are_asked_for_before_the_download(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []

    def ask() -> tuple[int, str]:
        done.append("asked")
        return 8000, "MIT"

    def get(folder: Path) -> list[Path]:
        done.append(capsys.readouterr().err)
        return [folder / "whole"]

    own = Published(
        spec="own", title="", n_classes=0, items={}, licence="?", citation="", subfolders=("own",), get=get, ask=ask
    )
    with pytest.raises(DataError, match="nothing is downloaded"):
        fetch(own, tmp_path, Plainly(), offline=True)
    assert done == []
    assert fetch(own, tmp_path, Plainly()) == [tmp_path / "own" / "whole"]
    assert done == ["asked", f"downloading own: 8.0 kB, licence: MIT, into {tmp_path / 'own'}\n"]
