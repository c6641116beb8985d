"""Downloads against a server on this machine: whole, broken, refused, wrong, endless, and on a disk without room."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_server import Files, serving

from albench.api import Remote
from albench.data.download import download
from albench.errors import DownloadError

BODY = bytes(range(256)) * 40
SUM = f"sha256:{hashlib.sha256(BODY).hexdigest()}"


class Heard:
    """A teller that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.sizes: list[int] = []
        self.last = ("", 0, 0)

    def begins(self, size: int) -> None:
        self.sizes.append(size)

    def at(self, name: str, done: int, size: int) -> None:
        self.last = (name, done, size)

    def note(self, line: str) -> None:
        self.notes.append(line)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setattr("albench.data.download.BLOCK", 1000)
    with serving() as files:
        files.held["file.bin"] = BODY
        yield files


def remote(server: Files, *urls: str, size: int = len(BODY), checksum: str = SUM) -> Remote:
    return Remote("file.bin", urls or (f"{server.url}file.bin",), checksum, size)


def here(folder: Path) -> dict[str, int]:
    """Name -> size of what lies in the folder."""
    return {path.name: path.stat().st_size for path in folder.iterdir()}


@pytest.mark.parametrize("size", [len(BODY), 0])
@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_the_file_comes_whole(tmp_path: Path, server: Files, size: int, algorithm: str) -> None:
    heard = Heard()
    checksum = f"{algorithm}:{hashlib.new(algorithm, BODY).hexdigest()}"
    download(remote(server, size=size, checksum=checksum), tmp_path / "file.bin", heard)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert here(tmp_path) == {"file.bin": len(BODY)}
    assert heard.sizes == [len(BODY)]
    assert heard.last == ("file.bin", len(BODY), len(BODY))
    assert (tmp_path / "file.bin").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_broken_connection_is_gone_on_with(tmp_path: Path, server: Files) -> None:
    server.breaks["file.bin"] = [4000, 3000]
    download(remote(server), tmp_path / "file.bin", Heard())
    assert server.asked == [("file.bin", ""), ("file.bin", "bytes=4000-"), ("file.bin", "bytes=7000-")]
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_the_next_command_goes_on_where_one_broke_off(tmp_path: Path, server: Files) -> None:
    server.breaks["file.bin"] = [4000, 0]
    told = (
        r"127\.0\.0\.1:\d+ broke off after 4\.0 kB of 10\.2 kB.*; 4\.0 kB of it are here, and the same command goes on"
    )
    with pytest.raises(DownloadError, match=told):
        download(remote(server), tmp_path / "file.bin", Heard())
    assert here(tmp_path) == {"file.bin.part": 4000}
    server.asked.clear()
    download(remote(server), tmp_path / "file.bin", Heard())
    assert server.asked == [("file.bin", "bytes=4000-")]
    assert here(tmp_path) == {"file.bin": len(BODY)}


def test_a_server_that_cannot_go_on_begins_again(tmp_path: Path, server: Files) -> None:
    server.ranges = False
    (tmp_path / "file.bin.part").write_bytes(b"x" * 5000)
    download(remote(server), tmp_path / "file.bin", Heard())
    assert here(tmp_path) == {"file.bin": len(BODY)}


@pytest.mark.parametrize("left", [b"x" * 5000, b"x" * len(BODY), b"x" * 2 * len(BODY)])
@pytest.mark.parametrize("size", [len(BODY), 0])
def test_what_an_older_download_left_is_not_believed(tmp_path: Path, server: Files, left: bytes, size: int) -> None:
    """It is of another file, or longer than the file is: the checksum says so, and it is fetched from its start."""
    (tmp_path / "file.bin.part").write_bytes(left)
    download(remote(server, size=size), tmp_path / "file.bin", Heard())
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert here(tmp_path) == {"file.bin": len(BODY)}


def test_another_file_is_not_kept(tmp_path: Path, server: Files) -> None:
    server.held["file.bin"] = BODY[::-1]
    with pytest.raises(DownloadError, match="has another file there: its checksum is not the published one"):
        download(remote(server), tmp_path / "file.bin", Heard())
    assert here(tmp_path) == {}
    assert len(server.asked) == 1


def test_each_mirror_is_asked_until_one_has_it(tmp_path: Path, server: Files) -> None:
    """One that is gone, one whose files moved, one that answers with a page, one with another file, one that has it."""
    server.status["gone"] = 404
    server.status["busy"] = 503
    server.held["page"] = b"<html>Sign in</html>"
    server.kind["page"] = "text/html; charset=utf-8"
    server.held["other"] = b"<html>without a type</html>"
    heard = Heard()
    urls = ["http://127.0.0.1:9/file.bin", *(f"{server.url}{name}" for name in ("gone", "busy", "page", "other"))]
    download(remote(server, *urls, f"{server.url}file.bin"), tmp_path / "file.bin", heard)
    assert here(tmp_path) == {"file.bin": len(BODY)}
    reasons = [note.partition(";")[0].split(" ", 2)[2] for note in heard.notes]
    assert reasons == [
        "does not answer (Connection refused)",
        "answers 404 Not Found",
        "answers 503 Service Unavailable",
        "answers with a web page",
        "has another file there: 27 bytes, published are 10,240",
    ]
    with pytest.raises(DownloadError, match=r"answers 404 Not Found; .* answers with a web page\. Or get it .* into"):
        download(remote(server, *urls[1:4:2]), tmp_path / "again.bin", Heard())


def test_a_server_without_end_is_left(tmp_path: Path, server: Files) -> None:
    server.held["file.bin"] = BODY * 50
    server.sizes = False
    with pytest.raises(DownloadError, match="sends more than the 10,240 bytes that are published"):
        download(remote(server), tmp_path / "file.bin", Heard())
    assert not (tmp_path / "file.bin").exists()


FULL = """
import resource, sys
from pathlib import Path
from albench.api import Remote
from albench.data.download import Plainly, download
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
download(Remote("file.bin", (sys.argv[1],), sys.argv[2], 10240), Path("file.bin"), Plainly())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no file's size")
def test_a_disk_that_is_full_is_told_and_left_as_it_was(tmp_path: Path, server: Files) -> None:
    words = [sys.executable, "-c", FULL, f"{server.url}file.bin", SUM]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    told = (
        "cannot be written (File too large): file.bin takes 10.2 kB; make room, or name another folder with --data-dir"
    )
    assert told in done.stderr
    assert "DownloadError" in done.stderr
    assert here(tmp_path) == {}
