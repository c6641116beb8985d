"""One file over HTTP: gone on with where it broke off, and kept only where its checksum is the published one."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from albench.api.published import Remote
from albench.errors import DownloadError
from albench.wording import in_bytes

if TYPE_CHECKING:
    import requests

BLOCK = 1 << 16
"""Bytes that are written at once: so many are asked for again where a connection breaks."""
PATIENCE = (15.0, 60.0)
"""Seconds to wait for a connection, and for the next bytes."""
TRIES = 4
"""Of one address, where each time more of the file arrives."""
OTHER = "has another file there: its checksum is not the published one"


class Teller(Protocol):
    """Who is told of a download."""

    def begins(self, size: int) -> None:
        """Called when a server has answered, before the first byte is taken; the file's size, 0 where not known."""

    def at(self, name: str, done: int, size: int) -> None:
        """So many bytes of a file are there."""

    def note(self, line: str) -> None:
        """Something that the user should know."""


class Plainly:
    """Tells lines on standard error, where standard output may be read by a program."""

    def begins(self, size: int) -> None:
        """Ignored."""

    def at(self, name: str, done: int, size: int) -> None:
        """Ignored."""

    def note(self, line: str) -> None:
        """Print it."""
        print(line, file=sys.stderr, flush=True)


class Refused(Exception):
    """A server does not have the file; the text says what it answered."""


class Broken(Exception):
    """A connection ended before the file did."""


class Anew(Exception):
    """What is here is no beginning of the file, and was thrown away."""


def download(remote: Remote, path: Path, tell: Teller) -> None:
    """Fetch a file from the first of its addresses that has it.

    What arrived of a broken download lies in ``NAME.part`` beside it, and the next call goes on from there.

    Raises
    ------
    DownloadError
        Where no address has it, each with its reason; or where it cannot be written.
    """
    reasons: list[str] = []
    for url in remote.urls:
        reason = _from(url, remote, path, tell)
        if not reason:
            return
        reasons.append(f"{urlsplit(url).netloc} {reason}")
        if url != remote.urls[-1]:
            tell.note(f"{remote.name}: {reasons[-1]}; trying {urlsplit(remote.urls[len(reasons)]).netloc}")
    there = _size(_part(path))
    rest = f"; {in_bytes(there)} of it are here, and the same command goes on from there" if there else ""
    raise DownloadError(
        f"{remote.name} could not be downloaded: {'; '.join(reasons)}{rest}. Or get it in another way from "
        f"{remote.urls[0]} and put it into {path.parent}."
    )


def _from(url: str, remote: Remote, path: Path, tell: Teller) -> str:
    """Fetch the file from one address; why not, or nothing where it is there."""
    import requests

    part = _part(path)
    for tried in range(TRIES):
        before = _size(part)
        try:
            _retrieve(url, remote, path, _Downloader(remote, part, tell))
        except Refused as error:
            return str(error)
        except Anew:
            continue
        except Broken as error:
            if tried == TRIES - 1 or _size(part) <= before:
                return str(error)
        except requests.exceptions.RequestException as error:
            return f"does not answer ({_reason(error)})"
        except ValueError:  # by pooch: another checksum
            if not before:
                return OTHER
            # what was there from before may be the fault: once more, from the start
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise DownloadError(
                f"{error.filename or path} cannot be written ({error.strerror or error}): {remote.name} takes "
                f"{in_bytes(remote.size) if remote.size else 'more'}; make room, or name another folder with "
                f"--data-dir DIR."
            ) from error
        else:
            return ""
    return OTHER


def _retrieve(url: str, remote: Remote, path: Path, downloader: Callable[..., None]) -> None:
    """By pooch: to a temporary name, and to the file's own once the checksum holds."""
    try:
        import pooch
    except ImportError:
        raise DownloadError("downloads need pooch, which is not installed: pip install pooch") from None
    pooch.get_logger().setLevel("WARNING")
    pooch.retrieve(url, remote.checksum, path.name, path.parent, downloader=downloader)


class _Downloader:
    """What pooch asks for the bytes: goes on where an earlier try broke off."""

    def __init__(self, remote: Remote, part: Path, tell: Teller) -> None:
        self.remote = remote
        self.part = part
        self.tell = tell

    def __call__(self, url: str, output_file: str, _pooch: Any) -> None:
        there, size = _size(self.part), self.remote.size
        if size and there > size:
            self.part.unlink()
            there = 0
        if not size or there < size:
            self._get(url, there)
        self.part.replace(output_file)

    def _get(self, url: str, there: int) -> None:
        import requests

        wanted = {"Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
        with requests.get(url, stream=True, timeout=PATIENCE, headers=wanted) as answer:
            if answer.status_code == 416:  # what is here is no beginning of what is there
                self.part.unlink()
                raise Anew
            if answer.status_code >= 400:
                raise Refused(f"answers {answer.status_code} {answer.reason}")
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                raise Refused("answers with a web page")
            goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(
                f"bytes {there}-"
            )
            self._keep(answer, there if goes_on else 0)

    def _keep(self, answer: requests.Response, there: int) -> None:
        """Add what arrives to what is there."""
        import requests

        length = int(answer.headers.get("Content-Length") or 0)
        size = self.remote.size or (there + length if length else 0)
        if length and there + length != size:
            raise Refused(f"has another file there: {there + length:,} bytes, published are {size:,}")
        self.tell.begins(size)
        with self.part.open("ab" if there else "wb") as file:
            blocks = answer.iter_content(BLOCK)
            while True:
                try:
                    block = next(blocks, b"")
                except requests.exceptions.RequestException as error:
                    raise Broken(f"broke off after {_of(there, size)} ({_reason(error)})") from error
                if not block:
                    break
                there += len(block)
                if size and there > size:
                    file.truncate(0)
                    raise Refused(f"sends more than the {size:,} bytes that are published")
                file.write(block)
                self.tell.at(self.remote.name, there, size)
            file.flush()
            os.fsync(file.fileno())
        if there < size:
            raise Broken(f"broke off after {_of(there, size)}")


def _of(there: int, size: int) -> str:
    return f"{in_bytes(there)} of {in_bytes(size)}" if size else in_bytes(there)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _reason(error: BaseException) -> str:
    """The innermost reason of an error of a connection, in a few words."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:120]
