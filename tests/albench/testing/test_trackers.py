"""Planted faults of trackers: each has to be caught by the check that is there for it."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from albench.api import Tracker
from albench.testing.trackers import TRACKER_CHECKS, check_tracker


@dataclass(frozen=True)
class SoundTracker(Tracker):
    """A line a round; the faults below change one thing each."""

    def round_end(self, event):
        self.write(event.trial.folder, f"{event.trial.key} {event.record['test']['accuracy']}")

    def write(self, folder, line):
        with Path(folder, "rounds.txt").open("a", encoding="utf-8") as handle:
            handle.write(f"{line}\n")


class Deaf(Tracker):
    def on_round_end(self, event): ...


class OtherName(SoundTracker):
    def round_end(self, round):
        super().round_end(round)


class NoTracker:
    pass


class ExpectsSuccess(SoundTracker):
    def trial_end(self, trial):
        if trial.status == "failed":
            raise ValueError(trial.reason)


class NewFileOnly(SoundTracker):
    def trial_start(self, trial):
        Path(trial.folder, f"{trial.key}.txt").touch(exist_ok=False)


class StartedHere(SoundTracker):
    """Knows only the suite that was started in its own process."""

    def __init__(self):
        object.__setattr__(self, "suites", [])

    def suite_start(self, suite):
        self.suites.append(suite)

    def round_end(self, event):
        self.write(self.suites[0].path, event.trial.key)


class Averages(SoundTracker):
    def round_end(self, event):
        sum(event.record["test"].values())


class LastLoss(SoundTracker):
    def round_end(self, event):
        self.write(event.trial.folder, event.record["training"]["loss"][-1])


class Ascii(SoundTracker):
    def round_end(self, event):
        Path(event.trial.folder, "names.txt").write_text(" ".join(event.record["test"]), encoding="ascii")


class WorkingDirectory(SoundTracker):
    def round_end(self, event):
        self.write(".", "round")


class IntoTheRecords(SoundTracker):
    def suite_end(self, suite):
        for path in Path(suite.path).glob("trials/*/rounds.jsonl"):
            path.write_text(path.read_text() + "the end\n")


class WritesWhenBuilt(SoundTracker):
    def __init__(self):
        Path("runs").mkdir(exist_ok=True)


class TakesOut(SoundTracker):
    def round_end(self, event):
        event.record.pop("queried")


class NotesInManifest(SoundTracker):
    def suite_start(self, suite):
        suite.manifest["tracked"] = True


class Shuffles(SoundTracker):
    def trial_start(self, trial):
        random.seed(trial.seed)


class GoesThere(SoundTracker):
    def suite_start(self, suite):
        os.chdir(suite.path)


class Prints(SoundTracker):
    def trial_end(self, trial):
        print(trial.key, "is over")


class ExitsOnFailure(SoundTracker):
    def trial_end(self, trial):
        if trial.reason:
            sys.exit(1)


class Uploads(SoundTracker):
    stop: ClassVar[threading.Event] = threading.Event()

    def trial_end(self, trial):
        threading.Thread(target=self.stop.wait, name="uploads").start()


TRACKER_FAULTS = [
    (Deaf, "listens", "Deaf overrides none of"),
    (NoTracker, "listens", "has no suite_start(): subclass albench.api.Tracker"),
    (OtherName, "whole-suite", "round_end is called as round_end(event=...)"),
    (ExpectsSuccess, "whole-suite", "raised ValueError: strategy 'mine'"),
    (ExpectsSuccess, "failed-trials", "raised ValueError"),
    (ExitsOnFailure, "failed-trials", "trial_end called sys.exit(1)"),
    (NewFileOnly, "interrupted-trial", "raised FileExistsError"),
    (StartedHere, "two-processes", "raised IndexError"),
    (Averages, "missing-values", "raised TypeError"),
    (LastLoss, "missing-values", "raised KeyError"),
    (Ascii, "unicode-names", "raised UnicodeEncodeError"),
    (WorkingDirectory, "own-folder", "it wrote 'rounds.txt' outside the suite's folder"),
    (IntoTheRecords, "own-folder", "rounds.jsonl', which others keep"),
    (WritesWhenBuilt, "writes-nothing-when-built", "building it wrote 'runs'"),
    (TakesOut, "facts-unchanged", "round_end changed the facts"),
    (NotesInManifest, "facts-unchanged", "suite_start changed the facts"),
    (Shuffles, "global-state-untouched", "it changed random's state"),
    (GoesThere, "global-state-untouched", "it changed the working directory"),
    (Prints, "prints-nothing", "it printed 'blobs--steady--mine--net--s0"),
    (Uploads, "process-can-end", "it left the thread 'uploads'"),
]


@pytest.mark.parametrize(
    ("build", "check", "reason"), TRACKER_FAULTS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_faulty_tracker_is_caught(build: Callable[[], Any], check: str, reason: str) -> None:
    state = random.getstate()
    Uploads.stop.clear()
    finding = TRACKER_CHECKS[check](build, name="planted")
    random.setstate(state)
    Uploads.stop.set()
    assert finding.failed, finding
    assert reason in finding.reason
    assert "\n" not in finding.reason


def test_a_finding_names_the_event_that_failed() -> None:
    finding = TRACKER_CHECKS["missing-values"](LastLoss, name="planted")
    assert finding.case == "round_end of round 0 of trial blobs--steady--mine--net--s0--7783afbb84e8"


def test_a_sound_tracker_passes() -> None:
    assert [str(finding) for finding in check_tracker(SoundTracker, name="sound") if finding.status != "pass"] == []


def test_every_tracker_check_has_a_fault_that_it_catches() -> None:
    assert {check for _, check, _ in TRACKER_FAULTS} == set(TRACKER_CHECKS)
