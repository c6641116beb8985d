"""The protocol, the same for everything that is compared, and the label counts that it means on a data set."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from albench import devices
from albench.api.options import option
from albench.api.task import Task
from albench.components.fields import build
from albench.components.spec import Spec
from albench.components.values import whole
from albench.errors import SpecError, SuiteError
from albench.suite.keys import digest
from albench.suite.tune import written
from albench.wording import counted

PrecisionName = Literal["auto", "fp32", "tf32", "bf16"]
"""What networks multiply in while they train; ``auto`` goes by the device."""


@dataclass(frozen=True)
class Protocol:
    """What is the same for everything that is compared. All of it is part of a trial's key."""

    initial: str = option("100", "labels to start with: a number or a share of the pool such as 5%")
    initial_draw: Literal["stratified", "random", "balanced"] = option("stratified", "how the first labels are drawn")
    initial_strategy: str = option("", "strategy that chooses the first labels from the bare items, in place of a draw")
    query_size: str = option("100", "labels bought by each query: a number or a share of the pool")
    rounds: int = option(6, "rounds of train and evaluate; one query between two rounds", ge=1)
    steps: int = option(200, "training steps of each round", ge=1)
    steps_per_label: float = option(0.0, "steps that each label bought so far adds to those of a round", ge=0)
    epochs: float = option(0.0, "passes over the bought items in each round, in place of steps; 0 for steps", ge=0)
    batch_size: int = option(64, "labelled items in a batch", ge=1)
    start: Literal["warm", "cold"] = option("cold", "keep the weights from round to round, or draw them anew")
    sampler: Literal["natural", "balanced"] = option("natural", "class shares of the labelled batch")
    lr: float = option(0.03, "learning rate of SGD with Nesterov momentum", gt=0)
    momentum: float = option(0.9, "momentum of SGD", ge=0, lt=1)
    weight_decay: float = option(5e-4, "weight decay, on weight matrices only", ge=0)
    optimizer: Literal["sgd", "adamw"] = option(
        "sgd", "sgd, or adamw with momentum as its beta1; give it an lr of its own"
    )
    schedule: Literal["cosine", "constant"] = option("cosine", "learning rate in a round: down to a fifth, or as it is")
    clip: float = option(0.0, "norm that a step's gradient is scaled down to, over all weights; 0 for no limit", ge=0)
    ema: float = option(0.999, "decay of the weights' moving average, which is evaluated", ge=0, lt=1)
    evaluations: int = option(4, "validations in a round; the best one's weights are kept", ge=1)
    validation: str = option("none", "validation items that choose the weights: none, N, P%, Kx the labels, or all")
    checkpoint_metric: Literal["accuracy", "balanced_accuracy", "macro_f1", "auroc", "average_precision"] = option(
        "macro_f1", "validation metric that chooses the weights"
    )
    tune: str = option("", "settings and method options that are tuned, with their values, as lr=0.01,0.03,0.1")
    tries: int = option(0, "tries of each row; 0: as many as the values combine to, 12 at most", ge=0)
    tune_when: Literal["first", "every"] = option("first", "tuned before the first round, or before every round")
    tune_seed: str = option("own", "whose labels choose: each seed's own, or for all seeds those of one, such as 0")
    neighbors: Literal["exact", "approximate"] = option("exact", "how the view finds neighbours; approximate by faiss")
    threads: int = option(1, "CPU threads of a trial", ge=1)
    lanes: str = option("off", "seeds trained in one vectorised step: off, auto or a number from 2 on")
    device: devices.Name = option("cpu", "kind of device that trains")
    precision: PrecisionName = option(
        "auto", "what the network multiplies in while it trains; auto is bf16 on CUDA and fp32 elsewhere"
    )

    def steps_in(self, n_labeled: int) -> int:
        """Training steps of a round that starts with so many labels."""
        if self.epochs:
            return math.ceil(self.epochs * n_labeled / self.batch_size)
        return self.steps + round(self.steps_per_label * n_labeled)

    @property
    def steps_text(self) -> str:
        """How many steps a round has, in words."""
        if self.epochs:
            return f"{self.epochs:g} epochs"
        each = f" and {self.steps_per_label:g} a label" if self.steps_per_label else ""
        return f"{counted(self.steps, 'step')}{each}"

    @functools.cached_property
    def hash(self) -> str:
        """Eight hexadecimal digits that name these settings."""
        return digest(self.content, 4)

    @functools.cached_property
    def content(self) -> dict[str, Any]:
        """The settings that a key is made of; those that came later do not count where they are at their default."""
        return {name: value for name, value in dataclasses.asdict(self).items() if LATER.get(name) != value}


LATER = {
    "initial_strategy": "",
    "steps_per_label": 0.0,
    "epochs": 0.0,
    "optimizer": "sgd",
    "schedule": "cosine",
    "clip": 0.0,
    "validation": "all",
    "tune": "",
    "tries": 0,
    "tune_when": "first",
    "tune_seed": "own",
    "neighbors": "exact",
    "lanes": "off",
    "precision": "auto",
}
"""Settings that were added when trials had been stored without them, and what those had in force."""


@dataclass(frozen=True)
class Amounts:
    """The protocol's label counts for one data set."""

    initial: int
    query_size: int
    rounds: int

    @property
    def labels(self) -> list[int]:
        """Labels in each round."""
        return [self.initial + self.query_size * number for number in range(self.rounds)]


def protocol(settings: Mapping[str, Any], base: Protocol | None = None) -> Protocol:
    """A protocol with some settings changed, checked as options are.

    Raises
    ------
    SuiteError
        For an unknown setting, a wrong type or a value out of bounds.
    """
    merged = {**dataclasses.asdict(base or Protocol()), **{k: v for k, v in settings.items() if v is not None}}
    spec = Spec("protocol", tuple((key, _setting_text(key, value)) for key, value in merged.items()))
    try:
        made: Protocol = build(spec, Protocol)
    except SpecError as error:
        raise SuiteError(str(error)) from None
    for name in _AMOUNTS:
        _amount(name, getattr(made, name), pool_size=None)
    validation_count(made.validation, 1, 1)
    if made.epochs and made.steps_per_label:
        raise SuiteError("epochs and steps_per_label both let the steps grow with the labels: set one of them to 0.")
    if made.tune_seed != "own" and not made.tune_seed.isdecimal():
        raise SuiteError(
            f"tune_seed '{made.tune_seed}': write own, or the seed whose labels choose for all, such as 0."
        )
    if made.lanes not in ("off", "auto") and not (made.lanes.isdecimal() and int(made.lanes) > 1):
        raise SuiteError(f"lanes '{made.lanes}': write off, auto or a number from 2 on.")
    return made


_AMOUNTS = ("initial", "query_size")


def _setting_text(name: str, value: Any) -> str:
    """A setting as text; ``020``, ``20.0`` and ``20`` labels are one number, and so one key."""
    if name == "tune":
        return written(value)
    text = "true" if value is True else str(value)
    count = whole(text) if name in (*_AMOUNTS, "validation", "tune_seed") and text.isascii() else None
    return text if count is None else str(count)


def _amount(name: str, text: str, pool_size: int | None) -> int:
    """``"300"`` or ``"5%"`` of the pool as a count; without a pool size only the form is checked."""
    shown = name.replace("_", "-")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip(), re.ASCII)
    if not match or (not match[2] and "." in match[1]):
        share = f"{100 * float(match[1]):g}%" if match and 0 < float(match[1]) < 1 else "5%"
        raise SuiteError(f"{shown} '{text}' is neither a number of labels nor a share such as {share}.")
    value = float(match[1])
    if value == 0:
        raise SuiteError(f"{shown} is 0: at least one label is needed.")
    if match[2] and value > 100:
        raise SuiteError(f"{shown} {text} is more than the whole pool.")
    if pool_size is None:
        return 0
    return max(1, round(pool_size * value / 100)) if match[2] else int(value)


def validation_count(wanted: str, n_labeled: int, size: int) -> int:
    """How many validation items choose a round's weights; 0 where its last weights are kept.

    Parameters
    ----------
    wanted
        The protocol's ``validation``: ``all``, ``none``, a number, a share of the split such as ``20%``, or as many
        times the labels bought so far, such as ``1x``.
    n_labeled
        Those labels.
    size
        Items of the validation split, of which there are never more.

    Raises
    ------
    SuiteError
        Where it is none of these, or a number or share of nothing.
    """
    if wanted in ("all", "none"):
        return size if wanted == "all" else 0
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%|x?)", wanted, re.ASCII)
    value = float(match[1]) if match else 0.0
    whole_number = match is not None and (bool(match[2]) or "." not in match[1])
    if not match or not value or not whole_number or (match[2] == "%" and value > 100):
        raise SuiteError(
            f"validation '{wanted}': write all, none, a number such as 100, a share of the validation split such as "
            "20%, or a multiple of the labels bought so far such as 1x."
        )
    count = {"%": size * value / 100, "x": n_labeled * value, "": value}[match[2]]
    return min(size, max(1, round(count)))


def check_validation(wanted: str, size: int, dataset: str) -> None:
    """Refuse a number of validation items that a data set does not have.

    Raises
    ------
    SuiteError
        With what would fit.
    """
    if wanted.isdecimal() and int(wanted) > size:
        raise SuiteError(f"{dataset}: validation {wanted}: its validation split has {size} items; write all, or fewer.")


def by_class(initial_draw: str, initial_strategy: str) -> bool:
    """Whether first labels are drawn by the pool's hidden labels, so that every class has one."""
    return initial_draw != "random" and not initial_strategy


def amounts(settings: Protocol, task: Task, dataset: str) -> Amounts:
    """The label counts on a data set.

    Raises
    ------
    SuiteError
        Where they exceed the pool, or the initial set cannot hold an item of every class.
    """
    initial = _amount("initial", settings.initial, task.pool_size)
    query_size = _amount("query_size", settings.query_size, task.pool_size)
    total = initial + query_size * (settings.rounds - 1)
    drawn_by_class = by_class(settings.initial_draw, settings.initial_strategy)
    if total > task.pool_size:
        bought = f"{counted(initial, 'initial label')} and {counted(settings.rounds - 1, 'query')} of {query_size}"
        raise SuiteError(
            f"{dataset}: {bought} are {total} labels, more than the pool's {task.pool_size}: "
            f"{_that_fit(initial, query_size, settings.rounds, task, drawn_by_class)} would fit."
        )
    if drawn_by_class and initial < task.n_classes:
        raise SuiteError(
            f"{dataset}: {counted(initial, 'initial label')} cannot hold one item of each of its {task.n_classes} "
            f"classes: write --initial {task.n_classes} or more, or --initial-draw random."
        )
    return Amounts(initial, query_size, settings.rounds)


def _that_fit(initial: int, query_size: int, rounds: int, task: Task, drawn_by_class: bool) -> str:
    """Amounts in the same proportion that leave half of the pool to choose from, as they are typed."""
    share = task.pool_size / 2 / (initial + query_size * (rounds - 1))
    first = max(task.n_classes if drawn_by_class else 1, int(initial * share))
    size = max(1, int(query_size * share))
    return f"--initial {first} --query-size {size} --rounds {min(rounds, 1 + (task.pool_size - first) // size)}"
