"""How a tracker has to behave: it takes all that a run tells, and leaves the run and its folder alone."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from albench.api.facts import RoundEnd
from albench.api.tracker import Tracker
from albench.testing.report import Fault, quoted
from albench.testing.tracker_subject import (
    CLASSES,
    EVENTS,
    TrackerSubject,
    record,
    suite_facts,
    suite_folder,
    trial_facts,
    without_values,
)
from albench.testing.watch import changed_globals, global_state


def listens(subject: TrackerSubject) -> None:
    """It overrides at least one of the five events, under its name."""
    tracker = type(subject.build())
    if all(getattr(tracker, event) is getattr(Tracker, event) for event in EVENTS):
        raise Fault(f"{tracker.__name__} overrides none of {quoted(EVENTS)}")


def whole_suite(subject: TrackerSubject) -> None:
    """It takes a suite of two trials from start to end, told by name, without an error."""
    with suite_folder() as folder:
        subject.tell_suite(folder)


def failed_trials(subject: TrackerSubject) -> None:
    """It takes trials that fail, before their first round and after it, and the next try."""
    with suite_folder() as folder:
        tracker = subject.build()
        subject.tell_trial(tracker, trial_facts(folder, 0), 0, "RuntimeError: no idea what to pick")
        subject.tell_trial(tracker, trial_facts(folder, 1), 2, "its worker process was killed by SIGKILL")
        subject.tell_trial(tracker, trial_facts(folder, 1), 3, first=2)


def interrupted_trial(subject: TrackerSubject) -> None:
    """It takes a trial that was interrupted and goes on in another process, also where a round is told again."""
    with suite_folder() as folder:
        trial, suite = trial_facts(folder, 0), suite_facts(folder)
        first = subject.build()
        subject.tell(first, "suite_start", suite=suite)
        subject.tell(first, "trial_start", trial=trial)
        subject.tell(first, "round_end", event=RoundEnd(trial, record(0)))
        for begin in (1, 1, 0):  # goes on; is told a round again; is made again from the start
            tracker = subject.build()
            subject.tell(tracker, "suite_start", suite=suite)
            subject.tell_trial(tracker, trial, first=begin)
            subject.tell(tracker, "suite_end", suite=suite)


def two_processes(subject: TrackerSubject) -> None:
    """It takes two trials at once, each told to an instance of its own that knows nothing of the suite's start."""
    with suite_folder() as folder:
        driver, workers, suite = subject.build(), [subject.build(), subject.build()], suite_facts(folder)
        trials = [trial_facts(folder, seed) for seed in (0, 1)]
        subject.tell(driver, "suite_start", suite=suite)
        for tracker, trial in zip(workers, trials, strict=True):
            subject.tell(tracker, "trial_start", trial=trial)
        for number in range(3):
            for tracker, trial in zip(workers, trials, strict=True):
                subject.tell(tracker, "round_end", event=RoundEnd(trial, record(number)))
        for tracker, trial in zip(workers, trials, strict=True):
            subject.tell(tracker, "trial_end", trial=replace(trial, status="done"))
        subject.tell(driver, "suite_end", suite=suite)


def missing_values(subject: TrackerSubject) -> None:
    """It takes rounds whose metrics are None and that queried nothing."""
    with suite_folder() as folder:
        tracker, trial = subject.build(), trial_facts(folder, 0)
        subject.tell(tracker, "trial_start", trial=trial)
        for number in range(2):
            subject.tell(tracker, "round_end", event=RoundEnd(trial, without_values(number)))
        subject.tell(tracker, "trial_end", trial=replace(trial, status="done"))


def unicode_names(subject: TrackerSubject) -> None:
    """It takes names of classes and suites, and reasons, in any script."""
    with suite_folder() as folder:
        path = folder.with_name("Wirbelsäule 脊柱 (v2)")
        path.mkdir()
        tracker, suite = subject.build(), suite_facts(path, "Wirbelsäule")
        trial = trial_facts(path, 0)
        subject.tell(tracker, "suite_start", suite=suite)
        subject.tell(tracker, "trial_start", trial=trial)
        for number in range(2):
            named = record(number)
            for split in ("val", "test"):
                for name, other in zip(CLASSES, ("früh/spät", "C5–C6 ≥ 50 %", "高い 📈"), strict=True):
                    named[split][f"recall.{other}"] = named[split].pop(f"recall.{name}")
            subject.tell(tracker, "round_end", event=RoundEnd(trial, named))
        failed = replace(trial, status="failed", reason="ValueError: 'größer' ≠ 高い 📈")
        subject.tell(tracker, "trial_end", trial=failed)
        subject.tell(tracker, "suite_end", suite=suite)


def own_folder(subject: TrackerSubject) -> None:
    """It writes nothing outside the suite's folder, and nothing to the files that are there."""
    with suite_folder() as folder:
        parent = folder.parents[1]
        before = _files(parent)
        subject.tell_suite(folder)
        after = _files(parent)
    changed = sorted(str(path.relative_to(parent)) for path in before if after.get(path) != before[path])
    if changed:
        raise Fault(f"it changed {quoted(changed)}, which others keep")
    outside = sorted(path.name for path in after.keys() - before.keys() if not path.is_relative_to(folder))
    if outside:
        raise Fault(f"it wrote {quoted(outside)} outside the suite's folder: use suite.path and trial.folder")


def writes_nothing_when_built(subject: TrackerSubject) -> None:
    """Building one writes nothing: every plan of a run does that."""
    with suite_folder() as folder:
        subject.build()
        left = sorted(path.name for path in Path.cwd().rglob("*")) + sorted(
            path.name for path in folder.iterdir() if path.name not in ("manifest.json", "trials")
        )
    if left:
        raise Fault(f"building it wrote {quoted(left)}: do that at suite_start or trial_start")


def _files(folder: Path) -> dict[Path, str]:
    """Hash of each file below a folder."""
    return {
        path: hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def facts_unchanged(subject: TrackerSubject) -> None:
    """Records and manifests are as before: they are the run's own."""
    with suite_folder() as folder:
        tracker = subject.build()
        trial, suite = trial_facts(folder, 0), suite_facts(folder)
        event = RoundEnd(trial, record(0))
        told: list[tuple[str, dict[str, Any]]] = [
            ("suite_start", {"suite": suite}),
            ("trial_start", {"trial": trial}),
            ("round_end", {"event": event}),
            ("trial_end", {"trial": replace(trial, status="done")}),
            ("suite_end", {"suite": suite}),
        ]
        for name, facts in told:
            before = copy.deepcopy(facts)
            subject.tell(tracker, name, **facts)
            if facts != before:
                raise Fault(f"{name} changed the facts that it was told: copy what is to be changed")


def global_state_untouched(subject: TrackerSubject) -> None:
    """Global random states and settings and the working directory are as before."""
    with suite_folder() as folder:
        before, here = global_state(), Path.cwd()
        subject.tell_suite(folder)
        changed = changed_globals(before) + ([] if Path.cwd() == here else ["the working directory"])
    if changed:
        raise Fault(f"it changed {' and '.join(changed)}")


def prints_nothing(subject: TrackerSubject) -> None:
    """It prints nothing to the standard output, which is the run's."""
    out = io.StringIO()
    with suite_folder() as folder, contextlib.redirect_stdout(out):
        subject.tell_suite(folder)
    if out.getvalue():
        raise Fault(f"it printed {out.getvalue().splitlines()[0]!r}")


def process_can_end(subject: TrackerSubject) -> None:
    """After the suite's end no thread of its own keeps the process from ending."""
    before = set(threading.enumerate())
    with suite_folder() as folder:
        subject.tell_suite(folder)
        left = [thread.name for thread in set(threading.enumerate()) - before if not thread.daemon]
    if left:
        raise Fault(f"it left the thread {quoted(left)}: end it at suite_end and trial_end, or make it a daemon")
