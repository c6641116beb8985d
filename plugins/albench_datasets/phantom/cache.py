"""Drawn images kept on disk: one file a seed, checked whenever it is read, drawn anew where it is damaged.

The file is one ``.npy`` array of bytes: a checksum, then the images of all splits. It is written beside its place and
renamed into it, so that a reader sees all of it or nothing, and of two processes that draw at once either may be the
last. Its name holds a digest of the code that draws: a change there never meets old images.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np

from albench_datasets.phantom.anatomy import SIDE
from albench_datasets.phantom.cohort import Cohort
from albench_datasets.phantom.render import render

VARIABLE = "ALBENCH_CACHE"
CHECKSUM = 16
"""Bytes of it, at the start of the array."""
RECIPE = ("cohort.py", "bodies.py", "extent.py", "anatomy.py", "render.py")


def cache_folder() -> Path:
    """The folder in ``ALBENCH_CACHE``, or the user's cache folder; a temporary one for a user without a home."""
    import platformdirs

    named = os.environ.get(VARIABLE, "").strip()
    try:
        return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("albench"))
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"albench-{os.getuid()}"


@functools.cache
def recipe() -> str:
    """Names what images depend on besides the seed: the code that draws them and NumPy's random streams."""
    digest = hashlib.blake2b(np.__version__.encode(), digest_size=6)
    for name in RECIPE:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def cache_file(seed: int) -> Path:
    """Where the images of a seed are kept."""
    return cache_folder() / f"mescc-phantom-{seed}-{recipe()}.npy"


def images(cohorts: dict[str, Cohort]) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The images of every split, from the cache where they are there and whole.

    Parameters
    ----------
    cohorts
        Split -> its patients, all of one seed.

    Returns
    -------
    Split -> (N, 1, SIDE, SIDE) uint8; notices, where the cache cannot be used.
    """
    sizes = {split: len(cohort) for split, cohort in cohorts.items()}
    file = cache_file(next(iter(cohorts.values())).seed)
    pixels = _read(file, sum(sizes.values()) * SIDE * SIDE)
    notices: tuple[str, ...] = ()
    if pixels is None:
        pixels = np.concatenate([render(cohort).ravel() for cohort in cohorts.values()])
        problem = _write(file, pixels)
        if problem:
            notices = (
                f"the phantom's images were drawn in memory and not kept: {problem}; "
                f"name a folder that can be written with {VARIABLE}",
            )
    drawn = pixels.reshape(-1, 1, SIDE, SIDE)
    ends = np.cumsum(list(sizes.values()))
    return dict(zip(sizes, np.split(drawn, ends[:-1]), strict=True)), notices


def _checksum(pixels: np.ndarray) -> np.ndarray:
    digest = hashlib.blake2b(pixels.data, digest_size=CHECKSUM).digest()
    return np.frombuffer(digest, np.uint8)


def _read(file: Path, size: int) -> np.ndarray | None:
    """The pixels (size,) uint8, or None where the file is absent or damaged in any way."""
    try:
        kept = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError):
        return None
    if not isinstance(kept, np.ndarray) or kept.dtype != np.uint8 or kept.shape != (CHECKSUM + size,):
        return None
    pixels: np.ndarray = kept[CHECKSUM:]
    return pixels if np.array_equal(kept[:CHECKSUM], _checksum(pixels)) else None


def _write(file: Path, pixels: np.ndarray) -> str:
    """Keep pixels (n,) uint8. Returns why that was not possible, or nothing."""
    part: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f"{file.stem}-", suffix=".part", dir=file.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as stream:
            np.save(stream, np.concatenate([_checksum(pixels), pixels]), allow_pickle=False)
        part.replace(file)
    except OSError as error:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return f"{file.parent}: {error.strerror or error}"
    return ""
