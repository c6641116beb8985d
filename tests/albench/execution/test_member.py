"""One trial of a job: however it ends, that is an outcome, and its trackers and its log hear of it."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.api.executor import Busy, Done, Event, Failed, Stopped
from albench.errors import ClaimLost, DeviceLost, FolderError, OutOfTime, StoreError
from albench.execution.job import Job
from albench.execution.member import Member
from albench.results.store import TrialStore

Begun = Callable[..., Member]


@pytest.fixture
def begun(job_of: Callable[..., Job], tmp_path: Path) -> Callable[..., Member]:
    """A member that holds its trial, of which nothing is on disk."""

    def make(**settings: Any) -> Member:
        job = job_of()
        job = dataclasses.replace(
            job, folder=str(tmp_path / "empty"), settings=dataclasses.replace(job.settings, **settings)
        )
        return Member(job, job.trials[0], events.append)

    events: list[Event] = []
    return make


def claimed(member: Member) -> Member:
    with contextlib.ExitStack() as claims:
        member.claim(claims)
    return member


def test_without_an_error_it_is_done(begun: Begun) -> None:
    member = claimed(begun())
    assert member.end(2.5) == Done(member.trial.key, 2.5)


def test_what_another_process_holds_is_busy(begun: Begun) -> None:
    member = begun()
    with TrialStore(member.store.folder).claim():
        outcome = claimed(member).end(0.0)
    assert isinstance(outcome, Busy)
    assert outcome.owner.startswith("process ")


def test_after_the_deadline_it_is_stopped_before_it_begins(begun: Begun) -> None:
    member = claimed(begun(deadline=time.time() - 1))
    assert member.end(0.0) == Stopped(member.trial.key)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (OutOfTime("the run came to its time limit"), Stopped("KEY")),
        (ClaimLost("process 1 on far"), Busy("KEY", "process 1 on far")),
        (StoreError("it is damaged."), Failed("KEY", "it is damaged.")),
        (ValueError("two\n lines"), Failed("KEY", "ValueError: two lines")),
        (ValueError(), Failed("KEY", "ValueError:")),
        (SystemExit(3), Failed("KEY", "a plugin called sys.exit(3)")),
        (FolderError("the disk is full"), Failed("KEY", "the disk is full", ends_run=True)),
        (DeviceLost("it is gone"), Failed("KEY", "it is gone", ends_run=True, device_lost=True)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_is_an_outcome_of_one_line(begun: Begun, error: BaseException, outcome: Any) -> None:
    member = claimed(begun())
    member.error = error
    found = member.end(0.0)
    if isinstance(found, Failed):
        assert type(error).__name__ in found.detail
        found = dataclasses.replace(found, detail="")
    assert found == dataclasses.replace(outcome, key=member.trial.key)
