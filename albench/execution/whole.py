"""What a run says of backbones that are fitted whole: what of the protocol does nothing for them."""

from __future__ import annotations

from collections.abc import Sequence

from albench.components.registry import Registry
from albench.errors import SuiteError
from albench.suite.protocol import Protocol
from albench.suite.trials import Trial
from albench.wording import listed

OF_STEPS = (
    *("steps", "steps_per_label", "epochs", "batch_size", "start", "sampler", "lr", "momentum", "weight_decay"),
    *("optimizer", "schedule", "clip", "ema", "evaluations", "lanes"),
)
"""Settings of the protocol that say how steps are made."""


def whole_notes(trials: Sequence[Trial], registry: Registry, protocol: Protocol) -> list[str]:
    """What is told of the trials whose backbone is fitted whole, a line each.

    Parameters
    ----------
    protocol
        The suite's.

    Raises
    ------
    SuiteError
        Where settings are to be tuned.
    """
    whole, stepwise = dict[str, str](), dict[str, str]()
    for trial in trials:
        (whole if registry.parts(trial).whole else stepwise)[trial.backbone] = trial.method
    if not whole:
        return []
    names, (is_, it) = listed(list(whole)), ("is", "it") if len(whole) == 1 else ("are", "them")
    if protocol.tune:
        raise SuiteError(
            f"tune: {names} {is_} fitted whole, and only what is trained by steps is tuned: leave out one."
        )
    notes = []
    plain = Protocol()
    idle = [name for name in OF_STEPS if getattr(protocol, name) != getattr(plain, name)]
    if idle and not stepwise:
        notes.append(f"{names} {is_} fitted whole: {listed(idle)} {'does' if len(idle) == 1 else 'do'} nothing.")
    if protocol.validation != plain.validation:
        notes.append(
            f"validation {protocol.validation}: {names} {is_} fitted once a round, so that its labels choose nothing "
            f"for {it}; they are counted all the same."
        )
    return notes + [
        f"{name} is fitted to convergence by {whole[name]} and trained by steps by {stepwise[name]}: what lies between "
        f"them is the training too; with solver=steps both train it alike."
        for name in whole
        if name in stepwise
    ]


def training_text(trials: Sequence[Trial], registry: Registry, protocol: Protocol) -> str:
    """How a round trains, in words: ``of 200 steps, cold start`` or ``of one fit``."""
    whole = {registry.parts(trial).whole for trial in trials}
    steps = f"of {protocol.steps_text}, {protocol.start} start"
    if whole == {True}:
        return "of one fit"
    return f"{steps}, or one fit" if True in whole else steps
