"""A suite becomes validated trials with stable keys."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from albench.api.options import option
from albench.api.task import Task
from albench.components import spec as specs
from albench.components.defaults import default
from albench.components.spec import Spec
from albench.errors import PluginError, SpecError, SuiteError
from albench.wording import counted

if TYPE_CHECKING:
    from albench.api.strategy import Strategy
    from albench.components.registry import Component, Registry

FORMAT = 1
"""Version of the trial key: it changes when the same settings would give other records."""


@dataclass(frozen=True)
class Protocol:
    """What is the same for everything that is compared. All of it is part of a trial's key."""

    initial: str = option("100", "labels to start with: a number or a share of the pool such as 5%")
    initial_draw: Literal["stratified", "random", "balanced"] = option("stratified", "how the first labels are drawn")
    initial_strategy: str = option("", "strategy that chooses the first labels from the bare items, in place of a draw")
    query_size: str = option("100", "labels bought by each query: a number or a share of the pool")
    rounds: int = option(6, "rounds of train and evaluate; one query between two rounds", ge=1)
    steps: int = option(200, "training steps of each round", ge=1)
    batch_size: int = option(64, "labelled items in a batch", ge=1)
    start: Literal["warm", "cold"] = option("cold", "keep the weights from round to round, or draw them anew")
    sampler: Literal["natural", "balanced"] = option("natural", "class shares of the labelled batch")
    lr: float = option(0.03, "learning rate of SGD with Nesterov momentum", gt=0)
    momentum: float = option(0.9, "momentum of SGD", ge=0, lt=1)
    weight_decay: float = option(5e-4, "weight decay, on weight matrices only", ge=0)
    ema: float = option(0.999, "decay of the weights' moving average, which is evaluated", ge=0, lt=1)
    evaluations: int = option(4, "validations in a round; the best one's weights are kept", ge=1)
    checkpoint_metric: Literal["accuracy", "balanced_accuracy", "macro_f1", "auroc", "average_precision"] = option(
        "macro_f1", "validation metric that chooses the weights"
    )
    neighbors: Literal["exact", "approximate"] = option("exact", "how the view finds neighbours; approximate by faiss")
    threads: int = option(1, "CPU threads of a trial", ge=1)
    lanes: str = option("off", "seeds trained in one vectorised step: off, auto or a number from 2 on")
    device: Literal["cpu", "cuda"] = option("cpu", "kind of device that trains")

    @property
    def hash(self) -> str:
        """Eight hexadecimal digits that name these settings."""
        return digest(self.content, 4)

    @property
    def content(self) -> dict[str, Any]:
        """The settings that a key is made of; those that came later do not count where they are at their default."""
        return {name: value for name, value in dataclasses.asdict(self).items() if LATER.get(name) != value}


LATER = {"initial_strategy": "", "neighbors": "exact", "lanes": "off"}
"""Settings that were added when trials had been stored without them, and what those had in force."""


FIXED_SHIFT = 4
"""Largest shift of views in pixels where a data set's options name none, as all did before it went by the images."""


@dataclass(frozen=True)
class Trial:
    """One cell of a suite. The four names are specs as the user wrote them, with their options sorted."""

    dataset: str
    method: str
    strategy: str
    backbone: str
    seed: int
    protocol: Protocol
    resolved: tuple[str, str, str, str]
    """The same four specs with every option written out."""
    aliases: tuple[str, str, str, str] = ("", "", "", "")
    """What the user calls the four, where he calls them anything; no part of the key."""
    stored: str = ""
    """The key by which a folder has it already, where its data lay elsewhere; else empty."""

    @property
    def key(self) -> str:
        """Stable name of the trial: readable parts and a hash of everything that decides its records."""
        if self.stored:
            return self.stored
        content = [FORMAT, *self.resolved, self.seed, self.protocol.content]
        names = "--".join(specs.parse(part).name for part in self._specs)
        return f"{names}--s{self.seed}--{digest(content, 6)}"

    @property
    def shift(self) -> int:
        """Largest shift of the views of images, in pixels; see ``albench.suite.views``."""
        # A trial that albench bench times has no data set.
        named = specs.parse(self.resolved[0]).options if self.resolved[0] else ()
        text = dict(named).get("shift", "")
        return int(text) if text.isascii() and text.isdecimal() else FIXED_SHIFT

    @property
    def _specs(self) -> tuple[str, str, str, str]:
        return self.dataset, self.method, self.strategy, self.backbone

    @property
    def shown(self) -> tuple[str, str, str, str]:
        """Data set, method, strategy and backbone by their aliases, or else their specs."""
        dataset, method, strategy, backbone = (a or s for a, s in zip(self.aliases, self._specs, strict=True))
        return dataset, method, strategy, backbone


@dataclass(frozen=True)
class Suite:
    """A declared experiment: datasets x methods x strategies x backbones x seeds under one protocol.

    Attributes
    ----------
    device
        Kind of device that it asks for; "" for what the machine has.
    plugins
        Plugin files, and names of installed plugins, that it needs.
    by_default
        Kinds of which nothing was named, so that albench's default was taken.
    """

    name: str = ""
    datasets: tuple[Spec, ...] = ()
    methods: tuple[Spec, ...] = ()
    strategies: tuple[Spec, ...] = ()
    backbones: tuple[Spec, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    protocol: Protocol = field(default_factory=Protocol)
    device: Literal["", "cpu", "cuda"] = ""
    plugins: tuple[str, ...] = ()
    by_default: tuple[str, ...] = ()


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


def digest(content: Any, size: int) -> str:
    """``2 * size`` hexadecimal digits that name plain content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


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
        made: Protocol = specs.build(spec, Protocol)
    except SpecError as error:
        raise SuiteError(str(error)) from None
    for name in _AMOUNTS:
        _amount(name, getattr(made, name), pool_size=None)
    if made.lanes not in ("off", "auto") and not (made.lanes.isdecimal() and int(made.lanes) > 1):
        raise SuiteError(f"lanes '{made.lanes}': write off, auto or a number from 2 on.")
    return made


_AMOUNTS = ("initial", "query_size")


def _setting_text(name: str, value: Any) -> str:
    """A setting as text; ``020``, ``20.0`` and ``20`` labels are one number, and so one key."""
    text = "true" if value is True else str(value)
    count = specs.whole(text) if name in _AMOUNTS and text.isascii() else None
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
    drawn_by_class = settings.initial_draw != "random" and not settings.initial_strategy
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


def _starts_cold(component: Component) -> bool:
    try:
        return getattr(component.load(), "cold_start", False) is True
    except PluginError:  # a broken one is not what is asked about
        return False


def first_labels(registry: Registry, settings: Protocol) -> Strategy | None:
    """The strategy that chooses the first labels; None where they are drawn.

    Raises
    ------
    SuiteError
        Where the strategy needs a model or labels.
    """
    if not settings.initial_strategy:
        return None
    strategy: Strategy = registry.build("strategy", settings.initial_strategy)
    if not strategy.cold_start:
        able = [c.name for c in registry.components("strategy") if _starts_cold(c)]
        raise SuiteError(
            f"initial_strategy {settings.initial_strategy}: it needs a model or labels, and at the start there are "
            f"none; use one of {', '.join(able)}."
        )
    return strategy


def trials(
    suite: Suite,
    registry: Registry,
    tasks: Mapping[str, Task],
    fitted: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Trial]:
    """Every trial of a suite, seeds innermost, each component built once so that its options are checked.

    Parameters
    ----------
    tasks
        Data set spec -> its task, for the default backbone.
    fitted
        Data set spec -> its options that the data decide (see ``albench.suite.views``).
    """
    planned: list[Trial] = []
    canonical: dict[tuple[str, str], str] = {}

    def resolve(kind: Any, spec: Spec) -> str:
        if (kind, str(spec)) not in canonical:
            fits = (fitted or {}).get(str(spec), {}) if kind == "dataset" else {}
            canonical[kind, str(spec)] = specs.canonical(spec.name, registry.build(kind, spec), fits)
        return canonical[kind, str(spec)]

    for dataset in suite.datasets:
        backbones = suite.backbones or (Spec(default(registry, "backbone", tasks[str(dataset)].modality)),)
        for backbone in backbones:
            for method in suite.methods:
                for strategy in suite.strategies:
                    resolved = (
                        resolve("dataset", dataset),
                        resolve("method", method),
                        resolve("strategy", strategy),
                        resolve("backbone", backbone),
                    )
                    aliases = (dataset.alias, method.alias, strategy.alias, backbone.alias)
                    names = (str(dataset), str(method), str(strategy), str(backbone))
                    planned += [Trial(*names, seed, suite.protocol, resolved, aliases) for seed in suite.seeds]
    for (kind, written), meant in canonical.items():
        for other in (name for (of, name), same in canonical.items() if (of, same) == (kind, meant)):
            if other != written:
                raise SuiteError(f"{kind} {written} and {other} are the same, with every option as it is: name one.")
    return planned


def check_name(name: str) -> str:
    """A suite's name is a folder's name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise SuiteError(f"'{name}' is not a suite name: use letters, digits, '.', '_' and '-'.")
    return name


def parse_seeds(value: Any) -> tuple[int, ...]:
    """``3`` means the seeds 0, 1, 2; a list names them.

    Raises
    ------
    SuiteError
        Saying what the form is.
    """
    count = whole(value)
    if count is not None:
        if not 1 <= count <= 100_000:
            raise SuiteError(f"seeds: {count} is not a number of seeds (at least 1); write [{count}] for that seed.")
        return tuple(range(count))
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    named = [whole(item) for item in value] if several else []
    if not named or None in named:
        shown = f"{value!r}"[:80]
        raise SuiteError(f"seeds: {shown} is neither a number of seeds, as 3, nor a list of them, as [0, 1, 2].")
    seeds = tuple(seed for seed in named if seed is not None)
    if len(set(seeds)) < len(seeds):
        raise SuiteError(f"seeds: {list(seeds)} names a seed twice.")
    return seeds


def whole(value: Any) -> int | None:
    """A whole number given as one, as a text or as a float without a fraction, NumPy's kinds too; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return specs.whole(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    try:
        return operator.index(value)
    except TypeError:
        return None
