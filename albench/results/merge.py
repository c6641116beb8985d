"""Results of several machines in one folder; what cannot stand in one table is refused, naming the difference."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.environment import refuse_mixes
from albench.errors import StoreError
from albench.results.archive import manifest_text, trial_texts
from albench.results.copies import apart, completeness, first_difference, gaps, made_otherwise, other_words
from albench.results.items import copy_items
from albench.results.mergeable import (
    OF_A_RUN,
    SourceSuite,
    SourceTrial,
    check_data,
    check_protocols,
    check_starts,
    open_source,
)
from albench.results.mixing import mixes
from albench.results.once import EXPECTED
from albench.results.records import TrialFiles
from albench.suite.identity import Identity, data_notes, trial_of
from albench.suite.naming import last_start
from albench.wording import by_source


@dataclass(frozen=True)
class Merged:
    """One suite of the result.

    Attributes
    ----------
    sources
        Source -> number of its trials.
    counts
        Status -> number of trials.
    copies
        Trials that were in more than one source.
    notes
        What the user should know, one line each.
    """

    name: str
    sources: dict[str, int]
    counts: Counter[str]
    copies: int
    notes: tuple[str, ...]


_JOINED = ("datasets", "protocols", "aliases", "looks")
"""Parts of a manifest of which every source has some."""


def merge(sources: Sequence[Path], output: Path, *, strict: bool = False) -> list[Merged]:
    """Unite suites into a folder of suites, whole or not at all.

    Parameters
    ----------
    sources
        Suite folders, folders of suites, or archives of ``albench export``.
    output
        A folder that is not there yet.
    strict
        Refuse trials of one data set and protocol that were made with other versions or processors.

    Raises
    ------
    StoreError
        Where a source cannot be read, or sources differ in data, protocol, initial labels or records.
    """
    if output.exists() or output.is_symlink():
        raise StoreError(
            f"{output} is there already: choose another --output; to add to {output}, name it among the sources."
        )
    beside = next(folder for folder in output.absolute().parents if folder.is_dir())
    try:
        stage = Path(tempfile.mkdtemp(dir=beside, prefix=f".{output.name}.", suffix=".tmp"))
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror}.") from None
    try:
        suites = [
            suite for number, path in enumerate(sources) for suite in open_source(path, stage / f"source-{number}")
        ]
        check_data(suites)
        check_starts(suites)
        named: dict[str, list[SourceSuite]] = defaultdict(list)
        for suite in suites:
            named[suite.name].append(suite)
        for same_name in named.values():
            check_protocols(same_name)
        if not any(suite.trials for suite in suites):
            raise StoreError(f"{', '.join(map(str, sources))}: there is no trial to merge.")
        merged = [_unite(name, same_name, stage / "merged" / name, strict) for name, same_name in sorted(named.items())]
        output.parent.mkdir(parents=True, exist_ok=True)
        (stage / "merged").rename(output)
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return merged


def _unite(name: str, suites: Sequence[SourceSuite], target: Path, strict: bool) -> Merged:
    kept: dict[Identity, SourceTrial] = {}
    copies: set[Identity] = set()
    for trial in (trial for suite in suites for trial in suite.trials):
        what = trial_of(trial.facts)
        if what in kept:
            copies.add(what)
            trial = _better(kept[what], trial)
        kept[what] = trial
    chosen = {trial.folder.name: trial for trial in kept.values()}
    made = mixes((trial.facts, trial.rounds) for trial in chosen.values())
    if strict:
        refuse_mixes({f"suite {name}, {place}": mix for place, mix in made.items()})
    (target / "trials").mkdir(parents=True)
    (target / "manifest.json").write_text(manifest_text(_manifests(suites)), encoding="utf-8")
    for key, trial in chosen.items():
        folder = target / "trials" / key
        folder.mkdir()
        for file, text in trial_texts(trial.read()):
            (folder / file).write_text(text, encoding="utf-8", newline="\n")
    copy_items(dict.fromkeys(trial.folder.parent.parent for suite in suites for trial in suite.trials), target)
    sources: Counter[str] = Counter()
    for suite in suites:
        sources[suite.source] = len(suite.trials)
    notes = [line for suite in suites for line in suite.problems]
    notes += data_notes((trial.source, trial.facts) for trial in chosen.values())
    notes += [f"{place}: {mix.made}" for place, mix in made.items() if mix]
    if any(mix.unknown for mix in made.values()):
        notes += _other_versions(suites)
    return Merged(name, dict(sources), Counter(trial.status for trial in chosen.values()), len(copies), tuple(notes))


def _better(old: SourceTrial, new: SourceTrial) -> SourceTrial:
    """The more complete of two copies of a trial; where they differ, an error says how far, and what to do."""
    first, second = old.read(), new.read()
    if difference := first_difference(first.records, second.records):
        raise StoreError(_differ(old, new, first, second, difference))
    return max(old, new, key=lambda trial: completeness(trial.status, trial.rounds))


def _differ(old: SourceTrial, new: SourceTrial, first: TrialFiles, second: TrialFiles, difference: str) -> str:
    key = old.folder.name
    text = f"trial {key} has other records in {old.source} than in {new.source}: "
    text += f"{apart(gaps(key, first.records, second.records), difference)}. "
    other = made_otherwise(first, second)
    if other:
        text += f"They were made with {other_words(other)}: {EXPECTED}, and neither is damaged; but a folder has a "
        text += "trial once: leave one of the sources out"
    else:
        made = (
            "Both were made with the same versions and processor" if other == {} else "They do not say what made them"
        )
        text += f"{made}, so only one may be right: leave one of the sources out, or delete {old.where} or {new.where}"
    return f"{text}; 'albench compare' of both tells how far all of them lie apart."


def _manifests(suites: Sequence[SourceSuite]) -> dict[str, Any]:
    """One manifest: data sets, protocols and runs of all; each source's last run keeps what it was made with.

    The parts that describe one run (versions, plugins, host, determinism) are, as in every manifest, those of the last.
    """
    ordered = sorted((suite.manifest for suite in suites), key=last_start)
    runs: dict[str, dict[str, Any]] = {}
    united: dict[str, Any] = {}
    for manifest in ordered:
        for key, value in manifest.items():
            united[key] = {**united.get(key, {}), **value} if key in _JOINED else value
        for run in manifest["runs"]:
            name = repr([(key, value) for key, value in sorted(run.items()) if key not in OF_A_RUN])
            made_with = {key: manifest[key] for key in OF_A_RUN} if run is manifest["runs"][-1] else {}
            runs[name] = {**run, **made_with, **{k: v for k, v in run.items() if k in OF_A_RUN}, **runs.get(name, {})}
    united["runs"] = sorted(runs.values(), key=lambda run: str(run.get("started", "")))
    return united


def _other_versions(suites: Sequence[SourceSuite]) -> Iterator[str]:
    """Sources whose last run's versions are not the same, for trials that do not say their own."""
    sources_of: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for suite in suites:
        for name, version in {**suite.manifest["plugins"], **suite.manifest["versions"]}.items():
            if name != "python":  # it moves no number
                sources_of[name][str(version)].append(suite.source)
    for name, versions in sources_of.items():
        if len(versions) > 1:
            yield f"made with other versions of {name}: {by_source(versions)}"
