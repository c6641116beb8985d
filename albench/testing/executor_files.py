"""What becomes of a suite's files where an executor carries its jobs out, here or elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from albench.api.executor import Busy, Ended, Event, Note
from albench.disk.files import write_atomic
from albench.disk.owners import last_claim, owner_and_sign
from albench.results.store import CLAIM, SuiteStore, TrialStore
from albench.testing.executor_jobs import RECORDS, TOLD, Named, Probe
from albench.testing.executor_subject import Carried, ExecutorSubject
from albench.testing.report import Fault, NotApplicable

THERE = "its workers see the suite's folder"
"""Why nothing is said of the way of files."""


def _writer(subject: ExecutorSubject, *keys: str) -> Probe:
    """A job that writes, of several trials."""
    return Probe(keys[0], str(subject.folder), tuple(map(Named, keys)), act="write")


def _trial(subject: ExecutorSubject, key: str) -> TrialStore:
    return SuiteStore(subject.folder).trial(key)


def _records(subject: ExecutorSubject, key: str) -> str:
    path = _trial(subject, key).folder / RECORDS
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _ends(carried: Carried) -> dict[str, object]:
    """What became of each trial, of jobs with several too."""
    ended = [event.outcome for event in carried.events if isinstance(event, Ended)]
    return {outcome.key: outcome for outcome in (*carried.outcomes, *ended)}


def _away(event: Event, jobs: Sequence[Probe]) -> str:
    """The key of the job that says by an event that it is carried out in another folder; "" for any other event."""
    home = {job.key: job.folder for job in jobs}
    return event.key if isinstance(event, Note) and event.key in home and event.text != home[event.key] else ""


def files_come_home(subject: ExecutorSubject) -> None:
    """What jobs write lies in the suite's folder afterwards, beside what was there before, and nothing else does."""
    jobs = [_writer(subject, "a", "b"), _writer(subject, "c")]
    before = _trial(subject, "b").folder / RECORDS
    before.parent.mkdir(parents=True)
    before.write_text("before\n", encoding="utf-8")
    subject.carry_out(jobs)
    for key, wanted in (("a", "a\n"), ("b", "before\nb\n"), ("c", "c\n")):
        if (found := _records(subject, key)) != wanted:
            raise Fault(f"the records of trial '{key}' are to be {wanted!r}, and its folder holds {found!r}")
    told = Path(subject.folder, TOLD)
    lines = sorted(told.read_text(encoding="utf-8").split()) if told.exists() else []
    if lines != ["a", "c"]:
        raise Fault(f"a tracker's file has a line of the jobs 'a' and 'c' each, and the suite's folder has {lines}")
    wanted_files = {RECORDS, TOLD}
    left = [path for path in subject.folder.rglob("*") if path.is_file() and path.name not in wanted_files]
    if strange := [path.name for path in left if not path.name.startswith(f"{CLAIM}-")]:
        raise Fault(f"'{strange[0]}' was left in the suite's folder")


def busy_trials(subject: ExecutorSubject) -> None:
    """A trial that another process holds is Busy and stays as it is; the others of its job are carried out."""
    jobs = [_writer(subject, "a", "b"), _writer(subject, "c")]
    with _trial(subject, "a").claim(), _trial(subject, "c").claim():
        ends = _ends(subject.carry_out(jobs))
    for key in ("a", "c"):
        if _records(subject, key):
            raise Fault(f"another process held trial '{key}', and it was carried out all the same")
    if not isinstance(ends["c"], Busy):
        raise Fault(f"another process held the trial of job 'c', and map gave {ends['c']}, not Busy")
    if _records(subject, "b") != "b\n":
        raise Fault("another process held trial 'a', and trial 'b' of the same job was not carried out")


def held_while_away(subject: ExecutorSubject) -> None:
    """While a job is carried out in another folder its trials are held in the suite's own."""
    jobs = [_writer(subject, "a", "b"), _writer(subject, "c")]
    free: list[str] = []
    away: list[str] = []

    def look(event: Event) -> None:
        if key := _away(event, jobs):
            away.append(key)
            keys = next([trial.key for trial in job.trials] for job in jobs if job.key == key)
            free.extend(each for each in keys if owner_and_sign(_trial(subject, each).claim_base) is None)

    subject.carry_out(jobs, listen=look)
    if free:
        raise Fault(f"trial '{free[0]}' was carried out in another folder while nobody held it: see Job.claim")
    if not away:
        raise NotApplicable(THERE)
    for key in ("a", "b", "c"):
        if owner_and_sign(_trial(subject, key).claim_base) is not None:
            raise Fault(f"trial '{key}' is held after its job has ended")


def taken_over_meanwhile(subject: ExecutorSubject) -> None:
    """Where another process took a trial over while it was away, its folder is left alone, and the job is Busy."""
    jobs = [_writer(subject, "a")]
    away: list[str] = []

    def take(event: Event) -> None:
        if _away(event, jobs):
            away.append(event.key)
            _take_over(_trial(subject, "a").claim_base)

    outcome = subject.carry_out(jobs, listen=take).by_key()["a"]
    if not away:
        raise NotApplicable(THERE)
    if _records(subject, "a"):
        raise Fault("another process had taken trial 'a' over, and its records were written all the same")
    if not isinstance(outcome, Busy):
        raise Fault(f"another process had taken trial 'a' over, and map gave {outcome}, not Busy")


def _take_over(base: Path) -> None:
    """As another machine does that saw no sign of life of a claim's owner."""
    about = {"token": "other", "pid": 1, "host": "another", "machine": "m", "started": "", "since": time.time()}
    write_atomic(base.with_name(f"{base.name}-{last_claim(base)[0] + 1}"), json.dumps(about))
