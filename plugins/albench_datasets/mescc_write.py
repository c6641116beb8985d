"""Writes the stand-in's files in a layout that the real loader reads."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import numpy as np

from albench.api import DataError, UserError
from albench_datasets.mescc_files import STAND_IN_FILE
from albench_datasets.mescc_sim import graded
from albench_datasets.simulate import simulate

NOTE = """SIMULATED DATA - a stand-in for MESCC, not MESCC.

These files were written by 'albench data simulate mescc' (seed {seed}). They have the sizes, class counts and file
layout of the MESCC features that were released with the BoostMIS paper, but every number is simulated. albench calls
them a stand-in wherever their results appear, as long as this file lies beside them.
"""


def write_mescc(out: Path, seed: int = 0) -> list[Path]:
    """Write features, targets of both gradings, patients, and a note that they are simulated.

    The folder appears complete or not at all.

    Parameters
    ----------
    out
        A folder that does not exist yet, or is empty.
    seed
        Of the simulation: the arrays are those of ``mescc-sim[seed=...]``.

    Returns
    -------
    The files written.

    Raises
    ------
    DataError
        Where the folder holds something already, or cannot be written.
    UserError
        For a negative seed.
    """
    if seed < 0:
        raise UserError(f"--seed {seed}: a seed is 0 or more")
    out = out.expanduser().absolute()
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise DataError(f"{out} exists already; nothing is overwritten: name a new folder with --out DIR")
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
        partial.mkdir()
        try:
            names = _write(partial, seed)
            if out.exists():
                out.rmdir()  # empty, as seen above; not every system renames onto an existing folder
            partial.rename(out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror or error}); name another --out DIR") from error
    return [out / name for name in names]


def _write(folder: Path, seed: int) -> list[str]:
    names: list[str] = []

    for split, each in simulate(seed).items():
        arrays = {
            f"{split}-features.npy": each.features,
            f"{split}-six-targets.npy": graded(each.grades, "six"),
            f"{split}-two-targets.npy": graded(each.grades, "two"),
            f"{split}-patients.npy": each.patients,
        }
        for name, array in arrays.items():
            np.save(folder / name, array, allow_pickle=False)
        names += arrays
    (folder / STAND_IN_FILE).write_text(NOTE.format(seed=seed), encoding="utf-8")
    return [*names, STAND_IN_FILE]
