"""Settings tuned on a trial's validation labels, once for all strategies.

As in Lueth et al. ("Navigating the Pitfalls of Active Learning Evaluation", NeurIPS 2023) what is tuned is chosen on
the labels of the first round. A try trains as that round does, on the same labels, from weights and batches of streams
of their own, the same for every try, and counts by the best validation of its round.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from albench import seeds
from albench.data.pool import index_hash
from albench.disk.claims import Claim, hold
from albench.disk.files import writing
from albench.errors import TrialError
from albench.suite.limits import in_time
from albench.suite.tune import n_tries
from albench.training.batches import Batches
from albench.training.evaluate import Score
from albench.training.heads import build_model
from albench.training.learner import Learner
from albench.training.loop import train_round
from albench.trial.run import TrialRun
from albench.trial.tries import GIVEN_UP, GivenUp, Tried, Tries, chosen
from albench.trial.tuned import Tuned, Tunings
from albench.wording import counted


def tuned(run: TrialRun, tunings: Tunings, number: int) -> Tuned:
    """What is chosen by the labels that a run has before a round: as it was kept, else after all tries.

    Another process that is at it is waited for. What a killed one tried is not tried again.

    Raises
    ------
    TrialError
        Where no try came to its end.
    """
    run = _whose_labels_choose(run)
    path = tunings.path(run.trial, index_hash(run.bought.pool.labeled), number)
    if found := tunings.kept(path, run.tell):
        return found
    with contextlib.ExitStack() as claims:
        with writing(tunings.folder):
            tunings.folder.mkdir(parents=True, exist_ok=True)
            claim = claims.enter_context(hold(path.with_suffix(".claim")))
        if found := tunings.kept(path, run.tell):  # another process was faster
            return found
        tried = _all_tries(run, tunings, number, path.with_suffix(".journal"), claim)
        values, score = chosen(tried, tunings.untuned(run.trial))
        if not values:
            raise TrialError(f"tuning: none of {counted(len(tried), 'try')} came to its end: {tried[-1].why}")
        made = Tuned(values, _number(score), [_told(one) for one in tried], sum(one.seconds for one in tried))
        run.parts.look()
        with writing(tunings.folder):
            tunings.keep(path, _facts(run, number), made, claim.renew)
    run.tell(f"tuned for round {number}: {made}.")
    return made


def _whose_labels_choose(run: TrialRun) -> TrialRun:
    """The run itself, or one of the protocol's ``tune_seed``, which chooses for all seeds."""
    wanted = run.trial.protocol.tune_seed
    if wanted in ("own", str(run.trial.seed)):
        return run
    return TrialRun(dataclasses.replace(run.trial, seed=int(wanted), stored=""), run.parts, run.emit)


def _all_tries(run: TrialRun, tunings: Tunings, number: int, journal: Path, claim: Claim) -> list[Tried]:
    """Carry out what is missing of the tries; all of them, in order."""
    protocol = run.trial.protocol
    with writing(tunings.folder):
        tries = Tries(
            journal,
            tunings.space,
            n_tries(protocol.tune, protocol.tries),
            (run.trial.seed, number),
            validations=protocol.evaluations,
        )
    while (one := tries.next()) is not None:
        in_time(run.parts.settings.deadline)
        claim.renew()
        started, why, score = time.perf_counter(), "", Score()
        try:
            score = _score(run, tunings, number, one, tries.report)
        except GivenUp:
            why = GIVEN_UP
        except TrialError as error:
            why = f"failed: {error}"
        claim.renew()
        with writing(tunings.folder):
            tries.tell(score, round(time.perf_counter() - started, 4), why)
    return tries.ended


def _score(run: TrialRun, tunings: Tunings, number: int, one: Tried, report: Callable[[int, float], None]) -> Score:
    """Train a round with the values that are tried: the best of its validations."""
    protocol, method = tunings.in_force(run.trial, one.values)
    parts, seed = run.parts, seeds.derive("tune", run.trial.seed, number, one.repeat)
    model = build_model(parts.backbone, method, parts.task, seed)
    learner = Learner(model, method, parts.task, protocol, parts.device, seed)
    learner.start_round(run.facts(number, learner.first_step))
    batches = Batches(
        run.bought.trained_on,
        parts.trained_on,
        method=method,
        augmenter=run.augmenter,
        protocol=protocol,
        seed=seed,
        round_number=number,
    )
    scores: list[Score] = []

    def validate(model: nn.Module) -> Score:
        scores.append(run.validate(model))
        report(len(scores) - 1, max(scores)[0])
        return scores[-1]

    (result,) = train_round(learner, [batches], [validate], lambda _: None)
    if isinstance(result, TrialError):
        raise result
    return max(scores)


def _facts(run: TrialRun, number: int) -> dict[str, Any]:
    """What was chosen for, and by what."""
    trial, n_labeled = run.trial, len(run.bought.pool.labeled)
    return {
        **{name: getattr(trial, name) for name in ("dataset", "method", "backbone", "seed")},
        "round": number,
        "n_labeled": n_labeled,
        "n_validation": run.validation.count(n_labeled),
        "protocol_hash": trial.protocol.hash,
        "tune": trial.protocol.tune,
        "metric": trial.protocol.checkpoint_metric,
        "made_with": dict(run.parts.made_with),
    }


def _number(score: Score) -> float | None:
    return score[0] if score and math.isfinite(score[0]) else None


def _told(one: Tried) -> dict[str, Any]:
    told = {"values": one.values, "score": _number(one.score)}
    return {**told, "why": one.why} if one.why else told
