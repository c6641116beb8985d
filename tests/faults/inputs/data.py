"""Data files that cannot be used: name of the case -> what is done to a good folder."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

MARKER = "pwned"


class Payload:
    """Leaves a file in the working folder where it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (MARKER,)


def features(folder: Path, count: int = 60) -> None:
    """A folder that ``features[path=...]`` can use."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        np.save(folder / f"{split}-features.npy", rng.standard_normal((count, 5)).astype(np.float32))
        np.save(folder / f"{split}-labels.npy", np.arange(count) % 3)


def arrays() -> dict[str, np.ndarray]:
    """What ``npz[path=...]`` can use."""
    rng = np.random.default_rng(0)
    made: dict[str, np.ndarray] = {}
    for split in ("train", "val", "test"):
        made[f"{split}_images"] = rng.integers(0, 256, (60, 6, 6), dtype=np.uint8)
        made[f"{split}_labels"] = np.arange(60) % 3
    return made


def header(shape: object, dtype: str = "<f4", order: bool = False) -> bytes:
    """The head of a .npy file of version 1.0 that claims whatever it likes."""
    text = repr({"descr": dtype, "fortran_order": order, "shape": shape}).encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def saved(array: object) -> bytes:
    """The bytes of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=True)
    return buffer.getvalue()


_GOOD = np.ones((60, 5), np.float32)


def _with(row: int, value: float) -> np.ndarray:
    x = _GOOD.copy()
    x[row, 2] = value
    return x


X: dict[str, bytes] = {
    "empty": b"",
    "one-byte": b"\x93",
    "magic-alone": b"\x93NUMPY",
    "text": b"1,2,3\n4,5,6\n",
    "zeros": bytes(4096),
    "version-9": b"\x93NUMPY\x09\x00" + saved(_GOOD)[8:],
    "cut-header": saved(_GOOD)[:40],
    "cut-data": saved(_GOOD)[:-7],
    "more-data": saved(_GOOD) + b"more",
    "claims-10-gb": header((2_500_000, 1000)) + bytes(400),
    "claims-an-exabyte": header((2**30, 2**28)) + bytes(400),
    "claims-beyond-integers": header((2**62, 2**62)) + bytes(400),
    "negative-shape": header((-1, 5)) + bytes(400),
    "shape-of-text": header(("a", 5)) + bytes(400),
    "shape-of-booleans": header((True, 5)) + bytes(400),
    "shape-no-tuple": header(300) + bytes(1200),
    "header-runs-code": b"\x93NUMPY\x01\x00"
    + (118).to_bytes(2, "little")
    + b"__import__('os').mkdir('pwned')".ljust(117)
    + b"\n",
    "header-no-mapping": b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + b"[1, 2]".ljust(117) + b"\n",
    "header-claims-4-gb": b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little") + b"{",
    "header-deep": b"\x93NUMPY\x02\x00" + (60_000).to_bytes(4, "little") + b"(" * 60_000,
    "unknown-type": header((60, 5), "<q9"),
    "objects": saved(np.array([[{"a": 1}] * 5] * 60, object)),
    "pickle": pickle.dumps(Payload()),
    "pickled-payload": header((1,), "|O") + pickle.dumps(Payload()),
    "texts": saved(np.full((60, 5), "a")),
    "dates": saved(np.full((60, 5), np.datetime64("2020-01-01"))),
    "complex": saved(np.ones((60, 5), np.complex64)),
    "records": saved(np.zeros(60, dtype=[("a", "f4"), ("b", "f4")])),
    "nan": saved(_with(7, np.nan)),
    "infinite": saved(_with(59, np.inf)),
    "beyond-float32": saved(_GOOD.astype(np.float64) * 1e300),
    "no-items": saved(np.empty((0, 5), np.float32)),
    "no-features": saved(np.empty((60, 0), np.float32)),
    "one-axis": saved(np.ones(60, np.float32)),
    "three-axes": saved(np.ones((60, 5, 5), np.float32)),
    "a-number": saved(np.float32(3)),
    "fewer-items": saved(np.ones((59, 5), np.float32)),
    "other-width": saved(np.ones((60, 6), np.float32)),
}
"""In place of ``train-features.npy``."""

Y: dict[str, bytes] = {
    "floats": saved(np.arange(60) % 3 + 0.5),
    "nan": saved(np.full(60, np.nan)),
    "negative": saved(np.arange(60) % 3 - 1),
    "texts": saved(np.array(["a", "b", "c"] * 20)),
    "two-columns": saved(np.zeros((60, 2), np.int64)),
    "more-labels": saved(np.arange(61) % 3),
    "one-class": saved(np.zeros(60, np.int64)),
    "a-class-is-missing": saved(np.arange(60) % 2 * 2),
    "huge": saved(np.where(np.arange(60) == 5, 2**62, np.arange(60) % 3)),
    "unsigned-huge": saved(np.full(60, 2**64 - 1, np.uint64)),
    "objects": saved(np.array([0, 1, None] * 20, object)),
    "empty": b"",
}
"""In place of ``train-labels.npy``."""


def _bomb(path: Path) -> None:
    """60 KB that hold 60 MB of images, and not the other arrays."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("train_images.npy", "w", force_zip64=True) as member,
    ):
        member.write(header((60, 1024, 1024), "|u1"))
        for _ in range(60):
            member.write(bytes(2**20))


def _packed(path: Path, **changes: np.ndarray | None) -> None:
    kept = {name: array for name, array in {**arrays(), **changes}.items() if array is not None}
    np.savez(path, **kept)


def _cut(path: Path) -> None:
    _packed(path)
    path.write_bytes(path.read_bytes()[:-500])


def _flipped(path: Path) -> None:
    _packed(path)
    content = bytearray(path.read_bytes())
    content[700] ^= 255
    path.write_bytes(bytes(content))


NPZ: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "no-zip": lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
    "cut": _cut,
    "a-bit-flipped": _flipped,
    "bomb": _bomb,
    "array-missing": lambda path: _packed(path, val_labels=None),
    "float-images": lambda path: _packed(path, train_images=np.zeros((60, 6, 6), np.float32)),
    "five-axes": lambda path: _packed(path, train_images=np.zeros((60, 6, 6, 3, 2), np.uint8)),
    "seven-channels": lambda path: _packed(path, train_images=np.zeros((60, 6, 6, 7), np.uint8)),
    "no-pixels": lambda path: _packed(path, train_images=np.zeros((60, 0, 6), np.uint8)),
    "objects": lambda path: _packed(path, train_labels=np.array([Payload()] * 60, object)),
    "sizes-differ": lambda path: _packed(path, val_images=np.zeros((60, 7, 6), np.uint8)),
    "a-folder-without-arrays": lambda path: path.mkdir(),
    "a-link-to-itself": lambda path: path.symlink_to(path),
    "a-pipe": lambda path: os.mkfifo(path),
    "a-device": lambda path: path.symlink_to("/dev/zero"),
}
