"""How an executor has to behave: each job once, its outcome and its events passed on, no death spread."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

from albench.api.executor import Failed
from albench.suite.limits import TooLong, at_most
from albench.testing import executor_subject
from albench.testing.executor_jobs import Act, Probe, events, expected, run
from albench.testing.executor_subject import ExecutorSubject, one_each
from albench.testing.report import Fault, NotApplicable

GRACE = 10.0
"""Seconds after which a process that was told to end should be gone."""


def probes(subject: ExecutorSubject, n: int) -> list[Probe]:
    """Jobs that do nothing."""
    return [subject.job(f"job-{number}") for number in range(n)]


def every_job_once(subject: ExecutorSubject) -> None:
    """Of 0, 1 and 7 jobs each is carried out once and has one outcome."""
    for n in (0, 1, 7):
        jobs = probes(subject, n)
        carried = subject.carry_out(jobs)
        for job in jobs:
            times = carried.events.count(events(job.key)[1])
            if times > 1:
                raise Fault(f"job '{job.key}' was carried out {times} times")


def outcomes_passed_on(subject: ExecutorSubject) -> None:
    """What run returns comes back as it is: Done, Failed with its detail, Busy."""
    jobs = [subject.job("a"), subject.job("b", "failed"), subject.job("c", "busy"), subject.job("d")]
    found = subject.carry_out(jobs).by_key()
    for job in jobs:
        if found[job.key] != expected(job):
            raise Fault(f"run returned {expected(job)}, and map gave {found[job.key]}")


def keys_of_any_form(subject: ExecutorSubject) -> None:
    """Jobs are told apart by their keys alone, whatever these look like."""
    keys = ["digits--fixmatch--random--mlp--s0--7783afbb84e8", "UPPER", "upper", "mit Umlaut ü", "trial 10", "trial 1"]
    jobs = [subject.job(key) for key in keys]
    found = subject.carry_out(jobs).by_key()
    for job in jobs:
        if found[job.key] != expected(job):
            raise Fault(f"job '{job.key}' got the outcome of another one: {found[job.key]}")


def order_of_jobs(subject: ExecutorSubject) -> None:
    """Jobs given in another order have the same outcomes."""
    acts: dict[str, Act] = {"eeeee": "done", "dddd": "busy", "ccc": "done", "bb": "failed", "a": "done"}
    jobs = [subject.job(key, act) for key, act in acts.items()]
    found = subject.carry_out(jobs).by_key()  # in the order of their names other checks have some
    for job in jobs:
        if found[job.key] != expected(job):
            raise Fault(
                f"job '{job.key}' is to come to {expected(job)}, and with the jobs in reverse to {found[job.key]}"
            )


def events_reach_emit(subject: ExecutorSubject) -> None:
    """All that jobs report reaches emit, in the calling process, and that of one job in its order."""
    jobs = probes(subject, 3)
    carried = subject.carry_out(jobs)
    if carried.elsewhere:
        raise Fault("emit was called in another process than map")
    for job in jobs:
        wanted = events(job.key)
        found = [event for event in carried.events if getattr(event, "key", None) == job.key]
        if found != wanted:
            what = "in another order" if sorted(map(str, found)) == sorted(map(str, wanted)) else f"{len(found)} came"
            raise Fault(f"job '{job.key}' reported {len(wanted)} events, {what}")
    strange = len(carried.events) - len(jobs) * len(events(""))
    if strange:
        raise Fault(f"{strange} events reached emit that no job reported")


def errors_not_lost(subject: ExecutorSubject) -> str:
    """An error that leaves run all the same fails its job alone, or ends the iteration; it is never passed over."""
    jobs = [subject.job("a"), subject.job("b", "raise"), subject.job("c")]
    carried = subject.attempt(jobs)
    if carried.error is not None:
        return f"it ends the iteration as {type(carried.error).__name__}"
    one_each(jobs, carried)
    outcome = carried.by_key()["b"]
    if not isinstance(outcome, Failed):
        raise Fault(f"run raised an error for job 'b', and map gave {outcome}")
    return "it fails its job alone"


def dead_worker(subject: ExecutorSubject) -> None:
    """A worker process that dies fails its job alone, with a reason in one line."""
    if subject.process() == os.getpid():
        raise NotApplicable("it carries trials out in this process")
    jobs = [subject.job(key, "die" if key in "bd" else "done") for key in "abcde"]
    found = subject.carry_out(jobs).by_key()
    for job in jobs:
        outcome = found[job.key]
        if job.act != "die":
            if outcome != expected(job):
                raise Fault(f"other workers died, and job '{job.key}' came to {outcome}")
        elif not isinstance(outcome, Failed):
            raise Fault(f"the worker of job '{job.key}' died, and map gave {outcome}")
        elif not outcome.reason or "\n" in outcome.reason:
            raise Fault(f"the worker of job '{job.key}' died; the reason is to be one line, not {outcome.reason!r}")


def map_again(subject: ExecutorSubject) -> None:
    """One executor carries out jobs a second time, as it does with those that another process held."""
    executor = subject.build()
    for jobs in (probes(subject, 3), [subject.job("job-1"), subject.job("later")]):
        found = subject.carry_out(jobs, executor).by_key()
        for job in jobs:
            if found[job.key] != expected(job):
                raise Fault(f"job '{job.key}' came to {found[job.key]}")


def closed_early(subject: ExecutorSubject) -> str:
    """When the iterator is closed, as Ctrl-C does, no process goes on with a job."""
    if subject.process() == os.getpid():
        raise NotApplicable("it carries trials out in this process")
    if os.name == "nt":
        raise NotApplicable("Windows does not tell whether a process is there")
    executor = subject.build()
    with tempfile.TemporaryDirectory() as folder:
        first: Act = "after" if executor.concurrency() > 1 else "done"
        jobs = [subject.job("first", first, folder), *(subject.job(f"held-{n}", "hold", folder) for n in range(3))]
        subject.case = executor_subject.described(jobs)
        outcomes = iter(executor.map(run, jobs, lambda _: None))
        try:
            with at_most(executor_subject.PATIENCE):
                next(outcomes)
        except TooLong:
            raise Fault(f"no outcome came in {executor_subject.PATIENCE:g} s, though a job had ended") from None
        held = [int(path.read_text(encoding="utf-8")) for path in Path(folder).glob("*.held")]
        with contextlib.suppress(AttributeError):  # an iterator need not have it
            outcomes.close()
        del outcomes
        left = _left(held)
        if left:
            raise Fault(f"{len(left)} of {len(held)} processes went on after map was closed: end them in a finally")
    return "" if held else "no other job had started"


def _left(processes: list[int]) -> list[int]:
    """Those that are still there after some grace."""
    given_up = time.monotonic() + GRACE
    while (left := [process for process in processes if _exists(process)]) and time.monotonic() < given_up:
        time.sleep(0.02)
    return left


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def concurrency_positive(subject: ExecutorSubject) -> None:
    """concurrency() is a whole number above 0."""
    number = subject.build().concurrency()
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise Fault(f"concurrency() is {number!r}, not a whole number above 0")
