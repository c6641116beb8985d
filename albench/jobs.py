"""One trial in whatever process carries it out: claim, run, report."""

from __future__ import annotations

import dataclasses
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench import spec as specs
from albench.api.executor import Busy, Done, Event, Failed, Note, Outcome
from albench.api.hooks import RoundEnd, TrialFacts
from albench.errors import AlbenchError, StoreError
from albench.plan import Trial, amounts, first_labels
from albench.plugins import Registry, registry
from albench.prepare import Data, load_data
from albench.store import SuiteStore, TrialStore
from albench.trackers import trackers


@dataclass(frozen=True)
class Job:
    """One trial for an executor: plain values, so that it can be sent to another process."""

    trial: Trial
    folder: str
    plugin_files: tuple[str, ...]
    data_dir: str | None
    data_hash: str
    device: str
    trackers: tuple[str, ...] = ()
    query_time_limit: float | None = None

    @property
    def key(self) -> str:
        return self.trial.key


def trial_facts(trial: Trial, data: Data, found: Registry) -> dict[str, Any]:
    """``trial.json``: what the trial is and where its parts come from."""
    parts = {"dataset": trial.dataset, "method": trial.method, "strategy": trial.strategy, "backbone": trial.backbone}
    origin = {
        kind: found.find(kind, specs.parse(part).name).distribution  # type: ignore[arg-type]  # the keys are kinds
        for kind, part in parts.items()
    }
    return {
        "format": 1,
        "key": trial.key,
        **parts,
        "resolved": dict(zip(parts, trial.resolved, strict=True)),
        "from": origin,
        "seed": trial.seed,
        "protocol_hash": trial.protocol.hash,
        "protocol": dataclasses.asdict(trial.protocol),
        "data_hash": data.hash,
        "stand_in": data.splits.stand_in,
        "class_names": list(data.splits.task.class_names),
    }


def run_job(job: Job, emit: Callable[[Event], None]) -> Outcome:
    """Carry out one trial in this process; what goes wrong inside comes back as ``Failed``."""
    started = time.monotonic()
    trial = job.trial
    found = registry(job.plugin_files)
    facts = TrialFacts(
        trial.key, trial.dataset, trial.method, trial.strategy, trial.backbone, trial.seed, folder=job.folder
    )
    told = trackers(job.plugin_files, job.trackers)
    reported: set[str] = set()

    def tell(event: str, /, **arguments: Any) -> None:
        for error in told.call(event, **arguments):
            if error not in reported:
                reported.add(error)
                emit(Note(trial.key, error))

    try:
        store = SuiteStore(Path(job.folder)).trial(trial.key)
        with store.claim() as owner:
            if owner:
                return Busy(trial.key, owner)
            tell("trial_start", trial=facts)
            _run_claimed(job, found, store, emit, lambda record: tell("round_end", event=RoundEnd(facts, record)))
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, AlbenchError) else f"{type(error).__name__}: {error}"
        if isinstance(error, SystemExit):
            reason = f"a plugin called sys.exit({error.code!r})"
        reason = " ".join(reason.split()) or type(error).__name__
        tell("trial_end", trial=dataclasses.replace(facts, status="failed", reason=reason))
        return Failed(trial.key, reason, traceback.format_exc())
    tell("trial_end", trial=dataclasses.replace(facts, status="done"))
    return Done(trial.key, time.monotonic() - started)


def _run_claimed(
    job: Job,
    found: Registry,
    store: TrialStore,
    emit: Callable[[Event], None],
    on_round: Callable[[dict[str, Any]], None],
) -> None:
    import torch

    from albench.loop import Parts, run_trial

    trial = job.trial
    data = load_data(trial.dataset, job.data_dir, job.plugin_files)
    if data.hash != job.data_hash:
        raise StoreError(f"{trial.dataset} changed while the suite was running: start the run again.")
    parts = Parts(
        dataset=data.dataset,
        splits=data.splits,
        method=found.build("method", trial.method),
        strategy=found.build("strategy", trial.strategy),
        backbone=found.build("backbone", trial.backbone),
        amounts=amounts(trial.protocol, data.splits.task, trial.dataset),
        device=torch.device(job.device),
        initial=first_labels(found, trial.protocol),
        query_time_limit=job.query_time_limit,
    )
    run_trial(trial, parts, store, trial_facts(trial, data, found), emit, on_round)
