"""Stored records as tidy tables."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from albench.errors import StoreError
from albench.garbage import unlooked
from albench.results.begun import not_begun_words
from albench.results.diagnostics import LISTS, TrialDiagnostics, diagnostics_of
from albench.results.known_as import names_of
from albench.results.looks import looks_text
from albench.results.once import Read, once
from albench.results.opening import Opened, opened
from albench.results.records import as_written, read_manifest, trial_folders
from albench.results.results import Results
from albench.results.trial_rows import NAMES, rows_of
from albench.suite.arguments import check_folders
from albench.suite.naming import united
from albench.suite.protocol import LATER


def load(*folders: str | Path | Sequence[str | Path]) -> Results:
    """Read results.

    Parameters
    ----------
    folders
        Suite folders, folders of suites, or archives of ``albench export``, or a list of them; ``results`` where none
        is given.

    Raises
    ------
    StoreError
        Where there are none, or what is there cannot be read.
    """
    unpacked: list[Path] = []

    def room() -> Path:
        unpacked.append(Path(tempfile.mkdtemp(prefix="albench-")))
        return unpacked[-1]

    try:
        results = _read_all(opened(check_folders(folders or ("results",)), room))
    except BaseException:
        _remove(unpacked)
        raise
    weakref.finalize(results, _remove, unpacked)
    return results


def load_run(folder: Path, keys: Collection[str]) -> Results:
    """All that a suite's folder holds after a run; of copies of a trial that of the run's ``keys`` is there."""
    return _read_all([Opened(folder, str(folder))], keys)


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@unlooked()
def _read_all(suites: Sequence[Opened], first: Collection[str] = ()) -> Results:
    import numpy as np
    import pandas as pd

    without = [suite.where for suite in suites if not (suite.folder / "trials").is_dir()]
    if without and len(without) == len(suites):
        raise StoreError(f"{without[0]} holds no records, only its manifest: make them with the command that it names.")
    manifests = {suite.where: read_manifest(suite.folder) for suite in suites}
    found = ((suite, folder) for suite in suites for folder in trial_folders(suite.folder))
    read = [(suite, folder, suite.read(folder, LISTS)) for suite, folder in found]
    with as_written(", ".join(suite.where for suite in suites)):
        aliases, notes = united(manifests, [files.facts for _, _, files in read if files.records])
        names = names_of([(suite.where, files.facts) for suite, _, files in read], aliases)
        begun = [text for suite in suites if (text := _not_begun(suite, manifests[suite.where], read))]
        read, equal, differing = once(read, first)
    caveats = [
        *differing,
        *begun,
        *(f"{where} holds no records, only its manifest: it is not here." for where in without),
    ]
    notes += [*names.notes, *equal, *caveats]
    common: list[dict[str, Any]] = []
    rounds: list[dict[str, Any]] = []
    settings: list[dict[str, Any]] = []
    n_rows: list[int] = []
    failed: list[dict[str, Any]] = []
    trials: dict[Path, dict[str, str]] = {}
    told: dict[Path, TrialDiagnostics] = {}
    often = Counter(suite.folder.name for suite in suites)
    for suite, folder, files in read:
        with as_written(suite.place(folder)):
            called = names.of(files.facts)
            name = suite.folder.name if often[suite.folder.name] == 1 else suite.where
            manifest = manifests[suite.where]
            looks = looks_text(manifest, files.facts["protocol_hash"])
            rows = rows_of(name, files, manifest.get("datasets", {}), called, looks)
            told[folder] = diagnostics_of(files)
        trials[folder] = {**called, "suite": name}
        common.append(rows.common)
        rounds += rows.rounds
        n_rows.append(len(rows.rounds))
        settings.append({f"protocol.{name}": value for name, value in {**LATER, **files.facts["protocol"]}.items()})
        failed += [rows.failed] if rows.failed else []
    frame = pd.DataFrame(columns=["suite", *NAMES, "protocol", "device", "round", "n_labeled", "run"])
    if rounds:  # what is the same in all of a trial's rounds is built once a trial
        trial = np.repeat(np.arange(len(n_rows)), n_rows)
        of_trials = [pd.DataFrame(each).loc[trial].reset_index(drop=True) for each in (common, settings)]
        frame = pd.concat([of_trials[0], pd.DataFrame(rounds), of_trials[1]], axis=1)
    ends = ["suite", *NAMES, "protocol", "status", "reason"]
    folders = tuple(suite.folder for suite in suites)
    ended = pd.DataFrame(failed, columns=ends)
    return Results(folders, frame, ended, aliases, tuple(notes), trials, tuple(caveats), told)


def _not_begun(suite: Opened, manifest: dict[str, Any], read: Sequence[Read]) -> str:
    if not (suite.folder / "trials").is_dir():  # said of the whole suite
        return ""
    return not_begun_words(suite.where, manifest, [(at, files.status) for of, at, files in read if of is suite])
