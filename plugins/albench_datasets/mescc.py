"""MESCC: spinal-MRI features released with the BoostMIS paper (Zhang et al., CVPR 2022, arXiv 2203.02533)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import DataError, FeatureDataset, Problem, Splits, option
from albench_datasets.checks import Raw, checked_splits
from albench_datasets.group_names import not_read, plain_groups
from albench_datasets.mescc_codes import from_zero
from albench_datasets.mescc_files import MesccFiles, find_files
from albench_datasets.npyfiles import open_npy
from albench_datasets.published import CLASS_NAMES, SPLITS
from albench_datasets.roots import default_roots

POOL_ROWS = 256
SHOWN = 6
"""Files named in a line."""


@dataclass(frozen=True)
class Mescc(FeatureDataset):
    """The released features, found by pattern under the data folder.

    Files end in ``.npy``; a name tells split (train, val, test), kind (features, targets, and optionally patients)
    and grading (two, 2, six, 6) in any order. Features without a grading serve both.
    """

    grading: Literal["two", "six"] = option("six", "the labels: six Bilsky grades, or two (low, high)")
    files: str = option("", "files that the pattern does not find: train-features=PATH;train-targets=PATH;...")

    def load(self, root: Path | None) -> Splits:
        """Memory-map and check the files.

        Raises
        ------
        DataError
            Where files are missing (saying how to get them) or damaged.
        """
        release = find_files(root, self.files, self.grading)
        if release is None or release.missing(self.grading):
            raise _missing(root, release, self.grading)
        notices: list[str] = []
        raw = {split: _read(release, split, self.grading, notices) for split in SPLITS}
        names = CLASS_NAMES[self.grading]
        codes = from_zero({split: (each.y, each.y_from) for split, each in raw.items()}, len(names), notices)
        raw = {split: replace(each, y=codes[split]) for split, each in raw.items()}
        files = [Path(name) for each in raw.values() for name in (each.x_from, each.y_from)]
        stand_in = "MESCC" if release.stand_in(files) else ""
        if stand_in:
            notices.insert(0, f"the files in {release.folder} are simulated: a stand-in for MESCC, not its data")
        splits = checked_splits(
            raw,
            modality="features",
            class_names=names,
            ordinal=self.grading == "six",
            notices=tuple(notices),
            stand_in=stand_in,
        )
        left = [path.name for path in release.others]
        more = [f"and {len(left) - SHOWN:,} more"] if len(left) > SHOWN else []
        return replace(splits, how_read=(not_read([*left[:SHOWN], *more], "file"),) if left else ())

    def find(self, root: Path | None) -> bool:
        """True where every needed file is there."""
        try:
            release = find_files(root, self.files, self.grading)
        except DataError:
            return False
        return release is not None and not release.missing(self.grading)

    def verify(self, root: Path | None) -> list[Problem]:
        """Check the files against the published counts and the identities between the gradings."""
        from albench_datasets.mescc_verify import verify_files

        release = find_files(root, self.files, self.grading)
        if release is None:
            return [Problem("mescc", str(_missing(root, None, self.grading)))]
        return verify_files(release, self.grading)

    def simulate(self, out: Path, seed: int) -> list[Path]:
        """Write a stand-in's files, in a layout that this loader reads; see ``write_mescc``."""
        from albench_datasets.mescc_write import write_mescc

        return write_mescc(out, seed)


def _read(release: MesccFiles, split: str, grading: str, notices: list[str]) -> Raw:
    """One split's arrays, features pooled and labels as they are in the file."""
    x, y = _needed(release, split, "features", grading), _needed(release, split, "targets", grading)
    raw = Raw(_pooled(open_npy(x), x, notices), open_npy(y), str(x), str(y))
    patients = release.pick(split, "groups", grading)
    if patients is None:
        return raw
    return replace(raw, groups=plain_groups(open_npy(patients), str(patients)), groups_from=str(patients))


def _pooled(x: np.ndarray, path: Path, notices: list[str]) -> np.ndarray:
    """Features (N, D); spatial ones (N, C, H, W) are averaged over their positions, and a notice says so."""
    if x.ndim != 4 or x.size == 0:
        return x
    _, channels, height, width = x.shape
    if channels < width:
        raise DataError(f"{path}: shape {x.shape} looks like channels last; save it as (N, C, H, W)")
    if x.dtype.kind not in "iuf":
        raise DataError(f"{path}: values of type {x.dtype}; real numbers are needed")
    out = np.empty((len(x), channels), dtype=np.float32)
    for start in range(0, len(x), POOL_ROWS):
        rows = slice(start, start + POOL_ROWS)
        # inf - inf inside a mean warns; the check that follows names the row
        with np.errstate(invalid="ignore", over="ignore"):
            out[rows] = x[rows].mean(axis=(2, 3), dtype=np.float64)
    notices.append(f"{path.name}: spatial features {x.shape} were averaged over their {height} x {width} positions")
    return out


def _needed(release: MesccFiles, split: str, kind: str, grading: str) -> Path:
    path = release.pick(split, kind, grading)
    if path is None:
        raise DataError(f"{release.folder}: no file for {split}-{grading}-{kind}")
    return path


def _missing(root: Path | None, release: MesccFiles | None, grading: str) -> DataError:
    if release is not None:
        what = f"{release.folder} has no file for {', '.join(release.missing(grading))}"
    elif root is not None:
        what = f"no MESCC files in {root}" if root.expanduser().is_dir() else f"the data folder {root} does not exist"
    else:
        what = f"no MESCC files in {' or '.join(str(base) for base in default_roots()) or 'the data folder'}"
    return DataError(
        f"{what}: unpack the archive that the README of the BoostMIS paper's project links to and name its folder "
        f"with --data-dir DIR or ALBENCH_DATA, or write a stand-in with 'albench data simulate mescc --out DIR'"
    )
