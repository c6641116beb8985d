"""How far a suite is that other processes run: read from its folder, which is never written to or locked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from albench.disk.claims import HEARTBEAT, LEASE
from albench.disk.owners import Owner, owner_and_sign
from albench.metric_table import HEADLINE
from albench.results.begun import FILES, not_begun, stat_of
from albench.results.records import TrialFiles, read_manifest, read_trial, trial_folders
from albench.results.store import CLAIM
from albench.suite.naming import shown
from albench.wording import budget_text

SILENCE = 60.0
"""Seconds, and rounds, after which a running trial without a new record is worth a line."""
SILENT_ROUNDS = 5
TrialStatus = Literal["done", "running", "waiting", "died", "failed", "skipped"]


@dataclass(frozen=True)
class TrialState:
    """One trial as its folder shows it.

    Attributes
    ----------
    status
        ``died``: its process is no more or gives no sign of life, and it is neither complete nor told to have failed.
    rounds, of
        Rounds that are on disk, of how many.
    seconds
        Measured seconds of each of them.
    bought
        What its protocol buys, as in ``20+5x10``; empty where that is not known.
    changed
        When a file of it was last written, in seconds since the epoch.
    """

    key: str
    dataset: str
    method: str
    strategy: str
    backbone: str
    seed: int
    protocol: str
    status: TrialStatus
    rounds: int
    of: int
    metric: float | None
    seconds: tuple[float, ...]
    owner: str
    reason: str
    changed: float
    bought: str = ""

    @property
    def shown(self) -> tuple[str, str, str, str]:
        """Data set, method, strategy and backbone, by their aliases where they have any."""
        return self.dataset, self.method, self.strategy, self.backbone

    @property
    def cell(self) -> tuple[str, str, str, str, str]:
        """What differs in the seed alone."""
        return self.dataset, self.method, self.strategy, self.backbone, self.protocol


@dataclass(frozen=True)
class SuiteState:
    """One suite.

    Attributes
    ----------
    starting
        Keys of trials that a process has claimed and said nothing of yet -> that process.
    unseen
        Trials that the last run has to carry out and that no process has begun.
    command
        The last run's command line.
    now
        When the folder was read, in seconds since the epoch.
    """

    name: str
    trials: tuple[TrialState, ...]
    starting: dict[str, str]
    unseen: int
    command: tuple[str, ...]
    now: float

    def count(self, *statuses: TrialStatus) -> int:
        return sum(trial.status in statuses for trial in self.trials)

    @property
    def running(self) -> int:
        """Trials that some process holds."""
        return self.count("running") + len(self.starting)

    @property
    def waiting(self) -> int:
        """Trials that no process holds and that are to be carried out."""
        return self.count("waiting") + self.unseen

    @property
    def complete(self) -> bool:
        """Nothing is running or left to run; some trials may have failed."""
        return not (self.running or self.waiting or self.count("died"))

    @property
    def silent(self) -> list[tuple[TrialState, float]]:
        """Running trials that wrote nothing for long, with the seconds since."""
        found = [(t, self.now - t.changed) for t in self.trials if t.status == "running"]
        usual = _usual(self.trials)
        return [(t, gone) for t, gone in found if gone > max(SILENCE, SILENT_ROUNDS * _round_seconds(t, usual))]

    def seconds_left(self) -> float | None:
        """Seconds until all is done, from the measured seconds of a round; None where nothing runs or was measured."""
        usual = _usual(self.trials)
        if not usual or not self.running:
            return None
        seconds = [_trial_left(trial, usual, self.now) for trial in self.trials if trial.status not in _ENDED]
        new = self.unseen + len(self.starting)
        if new:
            rounds = sum(trial.of for trial in self.trials) / len(self.trials)
            seconds += [rounds * usual[()]] * new
        return max(sum(seconds) / self.running, max(seconds, default=0.0))


_ENDED: tuple[TrialStatus, ...] = ("done", "failed", "skipped")


def _usual(trials: Iterable[TrialState]) -> dict[tuple[str, ...], float]:
    """Mean seconds of a round: of a cell, of a data set and backbone, and of all (the empty key)."""
    seconds_of: dict[tuple[str, ...], list[float]] = {}
    for trial in trials:
        for name in (trial.cell, (trial.dataset, trial.backbone), ()):
            seconds_of.setdefault(name, []).extend(trial.seconds)
    return {name: sum(seconds) / len(seconds) for name, seconds in seconds_of.items() if seconds}


def _round_seconds(trial: TrialState, usual: dict[tuple[str, ...], float]) -> float:
    near = (usual.get(name) for name in (trial.cell, (trial.dataset, trial.backbone), ()))
    return next((seconds for seconds in near if seconds is not None), 0.0)


def _trial_left(trial: TrialState, usual: dict[tuple[str, ...], float], now: float) -> float:
    seconds = _round_seconds(trial, usual)
    begun = min(seconds, max(0.0, now - trial.changed)) if trial.status == "running" else 0.0
    return max(0.0, (trial.of - trial.rounds) * seconds - begun)


class Follower:
    """Reads a suite again and again; a trial whose files did not change is not read twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[Any, TrialFiles]] = {}
        self._signs: dict[Path, tuple[float, float]] = {}
        self._aliases: dict[str, str] = {}

    def look(self) -> SuiteState:
        """How far the suite is now.

        Raises
        ------
        StoreError
            Where its manifest or a trial's facts are damaged.
        """
        now = time.time()
        manifest = read_manifest(self.folder)
        runs, self._aliases = manifest.get("runs", []), manifest.get("aliases", {})
        last = runs[-1] if runs else {}
        trials = [state for folder in trial_folders(self.folder) if (state := self._trial(folder))]
        known = {trial.key for trial in trials}
        new = sorted({path.parent for path in self.folder.glob(f"trials/*/{CLAIM}-*")})
        claimed = {folder.name: self._owner(folder) for folder in new if folder.name not in known}
        starting = {key: str(owner) for key, (owner, died) in claimed.items() if owner and not died}
        seen = [(trial.status == "done", trial.changed) for trial in trials if trial.status != "skipped"]
        unseen = max(0, not_begun(last, seen) - len(starting))
        name = self.folder.resolve().name
        return SuiteState(name, tuple(trials), starting, unseen, tuple(last.get("command", ())), now)

    def _trial(self, folder: Path) -> TrialState | None:
        stats = [stat_of(folder / name) for name in FILES]
        signature = [(stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None for stat in stats]
        before = self._read.get(folder)
        files = before[1] if before and before[0] == signature else read_trial(folder)
        self._read[folder] = (signature, files)
        if not files.facts:  # just cleared by a run with --fresh
            return None
        owner, died = self._owner(folder)
        times = [stat.st_mtime for stat in stats if stat] + ([owner.since] if owner else [])
        return replace(
            _state(files, self._aliases),
            owner=str(owner or ""),
            status=_status(files, owner, died),
            changed=max(times, default=0.0),
        )

    def _owner(self, folder: Path) -> tuple[Owner | None, bool]:
        """Who holds a trial, and whether it has died: it is known to, or gave no sign of life while we looked."""
        claim = owner_and_sign(folder / CLAIM)
        if claim is None:
            return None, False
        owner, sign = claim
        now = time.monotonic()  # clocks of machines need not agree: what counts is how long nothing changed here
        if self._signs.get(folder, (None, 0.0))[0] != sign:
            self._signs[folder] = sign, now
        return owner, owner.dead or now - self._signs[folder][1] > LEASE + HEARTBEAT


def _state(files: TrialFiles, aliases: dict[str, str]) -> TrialState:
    facts, records = files.facts, files.records
    named: dict[str, Any] = {"key": facts["key"], "seed": facts["seed"], **shown(facts, aliases)}
    return TrialState(
        **named,
        protocol=facts["protocol_hash"],
        status="waiting",
        rounds=len(records),
        of=facts["protocol"]["rounds"],
        metric=records[-1]["test"].get(HEADLINE) if records else None,
        seconds=tuple(sum(record["seconds"].values()) for record in records),
        owner="",
        reason=str(files.outcome.get("reason", "")),
        changed=0.0,
        bought=_bought(facts["protocol"]),
    )


def _bought(protocol: Mapping[str, Any]) -> str:
    known = [protocol[name] for name in ("initial", "query_size", "rounds") if name in protocol]
    return budget_text(str(known[0]), str(known[1]), int(known[2])) if len(known) == 3 else ""


def _status(files: TrialFiles, owner: Owner | None, died: bool) -> TrialStatus:
    if files.status == "complete":
        return "done"
    if owner and not died:
        return "running"
    if files.outcome:
        return "skipped" if files.status == "skipped" else "failed"
    return "died" if owner else "waiting"
