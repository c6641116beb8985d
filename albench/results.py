"""Stored records as tidy tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from albench.arguments import check_comparison, check_folders
from albench.compare.rare import COLUMN, rare_recalls
from albench.environment import MADE_WITH, Made, rounds_made
from albench.naming import shown, united
from albench.plan import LATER
from albench.records import TrialFiles, read_manifest, read_trial, suite_folders, trial_folders
from albench.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from albench.compare import Comparison

_FACTS = ("key", "dataset", "stand_in", "method", "strategy", "backbone", "seed")


@dataclass(frozen=True)
class Results:
    """Results of one or more suites.

    Attributes
    ----------
    folders
        The suites' folders.
    frame
        One row a round and trial: ``suite``, ``key``, ``dataset``, ``stand_in``, ``method``, ``strategy``,
        ``backbone``, ``seed``, ``protocol`` (its hash), ``device``, ``data_hash``, ``pool_size``, ``rare_recalls``
        (metrics, a line each; empty where no class is rare or it is not known), ``round``, ``n_labeled``; metrics as
        ``test.macro_f1`` or ``val.accuracy``; ``seconds.train``, ``seconds.evaluate``, ``seconds.query``;
        ``pseudo_label.accepted``, ``pseudo_label.accuracy``; ``peak_memory_mb``; every setting of the protocol as
        ``protocol.lr``, missing where a trial is older than the setting; ``run``, the ``id`` in the manifest of the run
        that made the round, and ``made_with.torch``, ``made_with.processor`` and the like: what the process that made
        it had. Rounds of earlier versions of albench do not say.
    failed
        One row a trial without complete records: its names, ``status`` (failed, skipped, incomplete) and ``reason``.
    aliases
        Kind and spec, every option written out, as ``strategy boostmis[n_neighbors=5]`` -> the alias that stands in
        the frame's column in its place.
    notes
        What is to be said of them, a line each.
    """

    folders: tuple[Path, ...]
    frame: pd.DataFrame = field(repr=False)
    failed: pd.DataFrame = field(repr=False)
    aliases: dict[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    def compare(self, **options: Any) -> Comparison:
        """The comparison table (see ``albench.compare.compare``)."""
        from albench.compare import compare

        found = compare(self.frame, failed=self.failed, **check_comparison(options))
        return dataclasses.replace(found, notes=(*self.notes, *found.notes)) if self.notes else found

    @property
    def manifests(self) -> list[dict[str, Any]]:
        """What made each suite's results."""
        return [read_manifest(folder) for folder in self.folders]


def load(*folders: str | Path) -> Results:
    """Read results.

    Parameters
    ----------
    folders
        Suite folders, or folders of suites; ``results`` where none is given.

    Raises
    ------
    StoreError
        Where a folder holds none.
    """
    import numpy as np
    import pandas as pd

    suites = [suite for folder in check_folders(folders or ("results",)) for suite in suite_folders(folder)]
    suites = list(dict.fromkeys(suites))
    manifests = {suite: read_manifest(suite) for suite in suites}
    read = [(suite, read_trial(folder)) for suite in suites for folder in trial_folders(suite)]
    names, notes = united({str(suite): found for suite, found in manifests.items()}, [files.facts for _, files in read])
    rows: list[dict[str, Any]] = []
    settings: list[dict[str, Any]] = []
    n_rows: list[int] = []
    failed: list[dict[str, Any]] = []
    for suite, files in read:
        found, failure = _read(suite, files, manifests[suite].get("datasets", {}), names)
        rows += found
        n_rows.append(len(found))
        settings.append({f"protocol.{name}": value for name, value in {**LATER, **files.facts["protocol"]}.items()})
        failed += failure
    columns = ["suite", *_FACTS, "protocol", "device", "round", "n_labeled", "run"]
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
    if rows:  # settings are the same in all of a trial's rounds: built once a trial
        each = pd.DataFrame(settings).loc[np.repeat(np.arange(len(settings)), n_rows)].reset_index(drop=True)
        frame = pd.concat([frame, each], axis=1)
    ends = ["suite", *_FACTS, "protocol", "status", "reason"]
    return Results(tuple(suites), frame, pd.DataFrame(failed, columns=ends), names, tuple(notes))


def _read(
    suite: Path, files: TrialFiles, about: dict[str, Any], aliases: dict[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A row a round of a trial, and a row of ``failed`` where it is not complete."""
    facts = files.facts
    named = {**{name: facts[name] for name in _FACTS}, **shown(facts, aliases)}
    base = {"suite": suite.name, **named, "protocol": facts["protocol_hash"]}
    data = about.get(facts["dataset"], {})
    common = {**base, "device": facts["protocol"]["device"], "data_hash": facts.get("data_hash", "")}
    common["pool_size"] = data["sizes"][0] if data else 0
    pool, _, test = data.get("per_class") or ((), (), ())
    common[COLUMN] = "\n".join(rare_recalls(data["classes"], [pool, test])) if pool else ""
    made = rounds_made(facts, len(files.records))
    rows = [{**common, **dict(_flat(record)), **_made(how)} for record, how in zip(files.records, made, strict=True)]
    rounds = facts["protocol"]["rounds"]
    if files.status in ("failed", "skipped"):
        return rows, [{**base, "status": files.outcome["status"], "reason": files.outcome["reason"]}]
    if len(rows) < rounds:
        reason = f"{len(rows)} of {counted(rounds, 'round')} made: run the same command again to go on"
        return rows, [{**base, "status": "incomplete", "reason": reason}]
    return rows, []


def _made(how: Made) -> dict[str, str]:
    """The run and the versions of a round as columns; empty where it does not say."""
    versions = {f"{MADE_WITH}{name}": value for name, value in (how.made_with or {}).items()}
    return {"run": how.run, **versions}


def _flat(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The record's numbers as columns."""
    for name in ("round", "n_labeled", "peak_memory_mb"):
        yield name, record[name]
    for part in ("val", "test", "seconds"):
        for name, value in record[part].items():
            yield f"{part}.{name}", value
    for name in ("accepted", "accuracy"):
        yield f"pseudo_label.{name}", record["pseudo_label"][name]
