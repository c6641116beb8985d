"""Stored records as tidy tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from albench.compare.rare import COLUMN, rare_recalls
from albench.environment import MADE_WITH, Made, rounds_made
from albench.plan import LATER
from albench.records import read_manifest, read_trial, suite_folders, trial_folders
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
    """

    folders: tuple[Path, ...]
    frame: pd.DataFrame = field(repr=False)
    failed: pd.DataFrame = field(repr=False)

    def compare(self, **options: Any) -> Comparison:
        """The comparison table (see ``albench.compare.compare``)."""
        from albench.compare import compare

        return compare(self.frame, failed=self.failed, **options)

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

    suites = [suite for folder in (folders or ("results",)) for suite in suite_folders(Path(folder))]
    suites = list(dict.fromkeys(suites))
    rows: list[dict[str, Any]] = []
    settings: list[dict[str, Any]] = []
    n_rows: list[int] = []
    failed: list[dict[str, Any]] = []
    for suite in suites:
        about = read_manifest(suite).get("datasets", {})
        for folder in trial_folders(suite):
            facts, found, failure = _read(suite, folder, about)
            rows += found
            n_rows.append(len(found))
            settings.append({f"protocol.{name}": value for name, value in {**LATER, **facts["protocol"]}.items()})
            failed += failure
    columns = ["suite", *_FACTS, "protocol", "device", "round", "n_labeled", "run"]
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
    if rows:  # settings are the same in all of a trial's rounds: built once a trial
        each = pd.DataFrame(settings).loc[np.repeat(np.arange(len(settings)), n_rows)].reset_index(drop=True)
        frame = pd.concat([frame, each], axis=1)
    names = ["suite", *_FACTS, "protocol", "status", "reason"]
    return Results(tuple(suites), frame, pd.DataFrame(failed, columns=names))


def _read(
    suite: Path, folder: Path, about: dict[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """What is said of a trial, a row a round, and a row of ``failed`` where it is not complete."""
    files = read_trial(folder)
    facts = files.facts
    base = {"suite": suite.name, **{name: facts[name] for name in _FACTS}, "protocol": facts["protocol_hash"]}
    data = about.get(facts["dataset"], {})
    common = {**base, "device": facts["protocol"]["device"], "data_hash": facts.get("data_hash", "")}
    common["pool_size"] = data["sizes"][0] if data else 0
    pool, _, test = data.get("per_class") or ((), (), ())
    common[COLUMN] = "\n".join(rare_recalls(data["classes"], [pool, test])) if pool else ""
    made = rounds_made(facts, len(files.records))
    rows = [{**common, **dict(_flat(record)), **_made(how)} for record, how in zip(files.records, made, strict=True)]
    rounds = facts["protocol"]["rounds"]
    if files.status in ("failed", "skipped"):
        return facts, rows, [{**base, "status": files.outcome["status"], "reason": files.outcome["reason"]}]
    if len(rows) < rounds:
        reason = f"{len(rows)} of {counted(rounds, 'round')} made: run the same command again to go on"
        return facts, rows, [{**base, "status": "incomplete", "reason": reason}]
    return facts, rows, []


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
