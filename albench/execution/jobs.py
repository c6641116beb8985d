"""A job in whatever process carries it out: claim, run, report."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from albench.api.executor import Done, Ended, Event, Outcome
from albench.components.registry import Registry, registry
from albench.components.side_effects import printed_aside
from albench.components.spec import parse
from albench.data.loading import changed_meanwhile, load_data
from albench.disk.trial_log import logging
from albench.errors import StoreError
from albench.execution.describe import described
from albench.execution.job import Job
from albench.execution.member import Member
from albench.results.mixing import plugin_versions
from albench.results.provenance import Made, Provenance, difference
from albench.results.store import SuiteStore
from albench.suite.protocol import amounts
from albench.suite.search_space import search_space
from albench.suite.trials import first_labels

if TYPE_CHECKING:
    from albench.trial.tuned import Tunings

IMPORTS = "torch", "albench.trial.parts", "albench.trial.first_round", "albench.trial.rounds"
"""What a job imports once it is carried out, for executors that fork workers from a process that has it."""
SHARED = "shared"
"""Folder of a suite for first rounds that trials share; empty again once all is done."""
TUNING = "tuning"
"""Folder of a suite for what was tuned, and all that was tried."""


@printed_aside()
def run_job(job: Job, emit: Callable[[Event], None]) -> Outcome:
    """Carry out a job in this process; what goes wrong inside comes back as ``Failed``.

    Each of several trials reports its own end as an ``Ended`` event; the outcome then says that the job is over.
    """
    started = time.monotonic()
    members = [Member(job, trial, emit) for trial in job.trials]
    with contextlib.ExitStack() as claims:
        free = [member for member in members if member.claim(claims)]
        try:
            if free:
                _carry_out(job, free, emit)
        except KeyboardInterrupt:
            for member in free:
                member.interrupted()
            raise
    outcomes: list[Outcome] = [member.end(time.monotonic() - started) for member in members]
    outcomes += job.busy
    if len(outcomes) == 1:
        return outcomes[0]
    for outcome in outcomes:
        emit(Ended(outcome))
    return Done(job.key, time.monotonic() - started)


def _carry_out(job: Job, members: Sequence[Member], emit: Callable[[Event], None]) -> None:
    """Run the members' trials; what goes wrong is left in their ``error``."""
    try:
        with logging([member.store.log for member in members]):
            _run(job, members, emit)
    except (Exception, SystemExit) as error:
        for member in members:
            member.error = member.error or error


def _run(job: Job, members: Sequence[Member], emit: Callable[[Event], None]) -> None:
    import torch

    from albench.trial.first_round import SharedRounds
    from albench.trial.parts import Parts
    from albench.trial.rounds import Lane, run_trials

    first = job.trials[0]
    found = registry(job.settings.plugin_files)
    data = load_data(first.dataset, job.settings.data_dir, found, job.terms.data_hash)
    if data.hash != job.terms.data_hash:
        raise changed_meanwhile(first.dataset)
    made = Provenance(found, job.settings.data_dir).of(first)
    if made != job.terms.made and (other := difference(job.terms.made, made, dataclasses.asdict(first), whole=True)):
        raise StoreError(
            f"{other.what} of {other.of} is not what the run began with: it changed meanwhile, or this machine has "
            "another; start the run again."
        )
    parts = Parts(
        dataset=data.dataset,
        splits=data.splits,
        **found.parts(first)._asdict(),
        amounts=amounts(first.protocol, data.splits.task, first.dataset),
        device=torch.device(job.device),
        initial=first_labels(found, first.protocol),
        settings=job.settings,
        shared=SharedRounds(Path(job.folder) / SHARED, data.hash, lambda _: made) if job.share else None,
        tunings=_tunings(job, found, made),
        look=lambda: data.require_unchanged(first.dataset),
        run=job.terms.run,
        plugins=plugin_versions(job.trials, found),
        only_with=job.terms.only_with,
    )
    lanes = [
        Lane(member.trial, member.store, described(member.trial, data, found, made), member.round_end)
        for member in members
    ]
    run_trials(lanes, parts, emit, together=job.together)
    for member, lane in zip(members, lanes, strict=True):
        member.error = lane.error


def _tunings(job: Job, found: Registry, made: Made) -> Tunings | None:
    """Where the job's tuning is kept: in the suite's folder, or in its trial's where that alone goes home."""
    from albench.trial.tuned import Tunings

    first = job.trials[0]
    if not first.protocol.tune:
        return None
    root = SuiteStore(Path(job.folder)).trial(first.key).folder if job.away else Path(job.folder)
    method = parse(first.method)
    space = search_space(first.protocol.tune, method, found)
    return Tunings(root / TUNING, job.terms.data_hash, made, space, lambda spec: found.build("method", spec))
