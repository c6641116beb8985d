"""Files that are whole or absent, and that tell when they were damaged."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from albench.disk.host import content_on_host
from albench.disk.interrupts import uninterrupted
from albench.errors import DamagedFile, FolderError

Ready = Callable[[], object] | None
_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SEAL = b"albench:"
_DIGEST = 16


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn an error of the system into one line about the folder.

    Raises
    ------
    FolderError
        Where the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        what = "make room" if error.errno in _ROOM else "see to it"
        raise FolderError(
            f"{folder} cannot be written ({error.strerror or error}): what is complete there is whole; {what}, then "
            "run the same command again."
        ) from error


def write_atomic(path: Path, content: bytes | str, ready: Ready = None) -> None:
    """Write a whole file or nothing: a temporary file beside it, flushed, then renamed."""
    with replacing(path, ready) as handle:
        handle.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replacing(path: Path, ready: Ready = None) -> Iterator[IO[bytes]]:
    """A temporary file that takes the place of ``path`` once the block ends well.

    Parameters
    ----------
    ready
        Called at the last moment; what it raises leaves ``path`` as it is.
    """
    with uninterrupted():
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            if ready:
                ready()
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def temporary(path: Path) -> list[Path]:
    """What ``replacing`` and claims write beside a path before it has its name, and the killed leave there."""
    start = f".{path.name}."  # no pattern: those of every trial's name would fill the caches of re and pathlib
    return [other for other in path.parent.iterdir() if other.name.startswith(start) and other.suffix == ".tmp"]


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk, so that a power cut cannot undo a rename that later files build on."""
    with contextlib.suppress(OSError):  # not every system, and not every file system, does this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def append_whole(handle: IO[bytes], content: bytes, sync: bool = True) -> None:
    """Add to the end of an unbuffered file, all or nothing; with ``sync`` on the disk, else in the system's hands."""
    before = os.fstat(handle.fileno()).st_size
    with uninterrupted():
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[handle.write(rest) :]
            if sync:
                os.fsync(handle.fileno())
        except BaseException:  # a full disk takes a part of it
            with contextlib.suppress(OSError):
                handle.truncate(before)
            raise


def checksum(text: str) -> str:
    """Sixteen hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def sealed_text(content: dict[str, Any]) -> str:
    """An object as a JSON file, with the checksum of its content as the last key."""
    return _indented({**content, "checksum": _checksum_of(content)}) + "\n"


def _indented(value: Any, depth: int = 1) -> str:
    """As ``json.dumps`` with an indent of one, which leaves the encoder in C aside: a third of the time."""
    if isinstance(value, dict) and value:
        parts = [f"{json.dumps({key: 0})[1:-4]}: {_indented(item, depth + 1)}" for key, item in value.items()]
    elif isinstance(value, list | tuple) and value:
        parts = [_indented(item, depth + 1) for item in value]
    else:
        return json.dumps(value)
    space = "\n" + " " * depth
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{opening}{space}{f',{space}'.join(parts)}{space[:-1]}{closing}"


def _checksum_of(content: dict[str, Any]) -> str:
    # Of the content, not of the bytes: who only formats the file anew changes nothing.
    return checksum(json.dumps(content, sort_keys=True, separators=(",", ":")))


def read_sealed(path: Path) -> dict[str, Any]:
    """The object in a JSON file, without its checksum; empty where there is no file.

    Files of earlier versions have no checksum.

    Raises
    ------
    DamagedFile
        Where the file holds anything else.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise _damaged(path, "it is not text") from None
    except OSError as error:
        raise DamagedFile(f"{path} cannot be read: {error.strerror}.") from None
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _damaged(path, str(error) if text.strip("\0 \n") else "it is empty") from None
    if not isinstance(content, dict):
        raise _damaged(path, "it does not hold an object")
    wanted = content.pop("checksum", None)
    if wanted is not None and wanted != _checksum_of(content):
        raise _damaged(path, "its checksum does not fit")
    return content


def _damaged(path: Path, why: str) -> DamagedFile:
    return DamagedFile(f"{path} is damaged: {why}; delete it to start that part anew.")


class _Hashed(io.RawIOBase):
    """Passes bytes on and keeps their hash, and the error that torch would hide behind one of its own."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.hash = hashlib.blake2b(digest_size=_DIGEST)
        self.error: OSError | None = None
        self._handle = handle

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        try:
            self._handle.write(part)
        except OSError as error:
            self.error = error
            raise
        self.hash.update(part)
        return len(memoryview(part).cast("B"))


def save_tensors(path: Path, content: dict[str, Any], ready: Ready = None) -> None:
    """Write a whole file of tensors and plain values, with its checksum at the end."""
    import torch

    content = content_on_host(content)
    with replacing(path, ready) as handle:
        hashed = _Hashed(handle)
        try:
            torch.save(content, cast(IO[bytes], hashed))
        except RuntimeError:
            if hashed.error is None:
                raise
            raise hashed.error from None
        handle.write(_SEAL + hashed.hash.digest())


def load_tensors(path: Path, form: int) -> dict[str, Any] | str:
    """What ``save_tensors`` wrote, on the CPU, or why it cannot be used: missing, damaged, or of another format."""
    import torch

    try:
        whole = path.read_bytes()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    body, seal = whole[: -len(_SEAL) - _DIGEST], whole[-len(_SEAL) - _DIGEST :]
    if seal != _SEAL + hashlib.blake2b(body, digest_size=_DIGEST).digest():
        return "is damaged, or of another version"
    try:
        content: dict[str, Any] = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    except Exception:  # of another version of torch, whatever that says of it
        return "cannot be read by this version of torch"
    return content if content.get("format") == form else "is of another version"
