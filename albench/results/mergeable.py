"""What is to be merged: the suites of each source, read whole, and what of them cannot stand in one table."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.errors import StoreError
from albench.results.archive import read_checked
from albench.results.opening import opened
from albench.results.records import TrialFiles, read_manifest, trial_folders
from albench.suite.protocol import LATER
from albench.suite.trials import check_name
from albench.wording import by_source, starts_text

OF_A_RUN = ("versions", "plugins", "host", "determinism")
"""Parts of a manifest that say what its last run was made with."""


@dataclass(frozen=True)
class SourceTrial:
    """A trial of one source.

    Attributes
    ----------
    source, where
        How the user knows its suite, ``a.zip/digits``, and the trial itself: ``a.zip/digits/trials/KEY``.
    """

    source: str
    where: str
    folder: Path
    facts: dict[str, Any]
    rounds: int
    status: str

    def read(self) -> TrialFiles:
        return read_checked(self.folder, self.where)


@dataclass(frozen=True)
class SourceSuite:
    """A suite of one source."""

    source: str
    name: str
    manifest: dict[str, Any]
    trials: list[SourceTrial]
    problems: list[str]


def open_source(path: Path, unpacked: Path) -> Iterator[SourceSuite]:
    """A source's suites.

    Parameters
    ----------
    path
        A suite's folder, a folder of suites, or an archive.
    unpacked
        Folder to make for what an archive holds.

    Raises
    ------
    StoreError
        Where it is none of them, or damaged.
    """
    if not path.exists():
        raise StoreError(f"there is no {path}: a source is a suite's folder, a folder of suites or an archive.")

    def room() -> Path:
        unpacked.mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(dir=unpacked))

    for suite in opened([path], room):
        folder, source = suite.folder, suite.where
        name = check_name(folder.resolve().name)
        trials: list[SourceTrial] = []
        problems: list[str] = []
        for trial in trial_folders(folder):
            files = read_checked(trial, suite.place(trial))
            trials.append(SourceTrial(source, suite.place(trial), trial, files.facts, len(files.records), files.status))
            problems += files.problems
        yield SourceSuite(source, name, _manifest(folder, source), trials, problems)


def _manifest(folder: Path, source: str) -> dict[str, Any]:
    try:
        manifest = read_manifest(folder)
    except StoreError as error:
        raise StoreError(str(error).replace(str(folder), source)) from None
    except (ValueError, RecursionError):
        manifest = {}
    kinds = {**dict.fromkeys((*OF_A_RUN, "datasets", "protocols"), dict), "runs": list}
    wrong = [name for name, kind in kinds.items() if not isinstance(manifest.get(name), kind)]
    if wrong or not all(isinstance(run, dict) for run in manifest["runs"]):
        raise StoreError(f"{source}/manifest.json is damaged: it does not hold a right {(wrong or ['runs'])[0]}.")
    return manifest


def check_data(suites: Iterable[SourceSuite]) -> None:
    """Raise ``StoreError`` where a data set's name stands for other data in one source than in another."""
    sources_of: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for suite in suites:
        for trial in suite.trials:
            facts = trial.facts  # by what is meant too, which decides the key, whatever was typed
            meant = facts.get("resolved", {}).get("dataset", facts["dataset"])
            for name in dict.fromkeys((facts["dataset"], meant)):
                where = sources_of[name][facts["data_hash"]]
                if suite.source not in where:
                    where.append(suite.source)
    for dataset, hashes in sources_of.items():
        if len(hashes) > 1:
            raise StoreError(
                f"data set {dataset} is not the same data everywhere: {by_source(hashes)}. Such results do not "
                "belong in one table: run one again on the other's data, or leave it out of the sources; 'albench "
                "compare' shows them apart."
            )


def check_starts(suites: Iterable[SourceSuite]) -> None:
    """Raise ``StoreError`` where trials of a seed, which are compared in pairs, started from other labels."""
    sources_of: dict[tuple[str, str, int], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for suite in suites:
        for trial in suite.trials:
            facts = trial.facts
            if start := facts.get("initial_hash"):
                where = sources_of[facts["dataset"], facts["protocol_hash"], facts["seed"]][str(start)]
                if suite.source not in where:
                    where.append(suite.source)
    for (dataset, _, seed), hashes in sorted(sources_of.items()):
        if len(hashes) > 1:
            raise StoreError(starts_text(seed, dataset, hashes))


def check_protocols(suites: Sequence[SourceSuite]) -> None:
    """Raise ``StoreError`` where a suite was run on a data set under settings that its widest source has not."""
    protocols_of: dict[str, dict[str, dict[str, dict[str, Any]]]] = defaultdict(lambda: defaultdict(dict))
    for suite in suites:
        for trial in suite.trials:
            protocols_of[trial.facts["dataset"]][suite.source][trial.facts["protocol_hash"]] = trial.facts["protocol"]
    for dataset, run in sorted(protocols_of.items()):
        widest = max(run, key=lambda source: len(run[source]))
        for source, protocols in run.items():
            for other in set(protocols) - set(run[widest]):
                nearest = min(
                    (_settings(old, protocols[other]) for old in run[widest].values()),
                    key=lambda names: (len(names), names),
                )
                changes = ", ".join(nearest) or "protocol_hash"
                raise StoreError(
                    f"suite {suites[0].name} was run on {dataset} under other settings in {widest} than in {source}: "
                    f"{changes}. Run one again with the settings of the other; or merge each "
                    "into a folder of its own and name both: albench compare DIR1 DIR2."
                )


def _settings(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The settings that differ: ``steps 10 and 20``."""
    pairs = {name: (old.get(name, LATER.get(name)), new.get(name, LATER.get(name))) for name in {**old, **new}}
    return [f"{name} {a!r} and {b!r}" for name, (a, b) in pairs.items() if a != b]
