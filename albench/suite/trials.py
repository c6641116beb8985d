"""Suites and their trials: what a suite declares becomes validated trials with stable keys."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from albench import devices
from albench.api.task import Task
from albench.components import spec as specs
from albench.components.defaults import default_backbone
from albench.components.fields import canonical
from albench.components.spec import Spec
from albench.components.values import whole
from albench.errors import PluginError, SuiteError
from albench.suite.budgets import Budget
from albench.suite.full import SPARED, WHOLE, full_protocol, reference
from albench.suite.keys import FORMAT, digest
from albench.suite.protocol import Protocol
from albench.wording import plural

if TYPE_CHECKING:
    from albench.api.strategy import Strategy
    from albench.components.component import Component
    from albench.components.registry import Registry

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
    budget: str = ""
    """What tells its protocol from others of its suite, as in ``20+5x10``; no part of the key."""
    stored: str = ""
    """The key by which a folder has it already, where its data lay elsewhere; else empty."""

    @functools.cached_property
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
    """A declared experiment: datasets x budgets x methods x strategies x backbones x seeds under one protocol.

    Attributes
    ----------
    encoders
        Through which all data sets are read; once it is completed (``albench.suite.complete``) they are part of these.
    protocol
        What all share; its own budget is the first of several.
    budgets
        All of them, where they are several; else none.
    device
        Kind of device that it asks for; "" for what the machine has.
    plugins
        Plugin files, and names of installed plugins, that it needs.
    until_sure, max_seeds
        What has to be decided before no more seeds are added (``albench.suite.until_sure``), and the largest number of
        them; "" and 0 where the number of seeds is fixed, or nothing is said.
    by_default
        Kinds of which nothing was named, so that albench's default was taken.
    full
        Whether full supervision is run beside: the baseline on all labels of each pool, a trial a backbone and seed.
    """

    name: str = ""
    datasets: tuple[Spec, ...] = ()
    encoders: tuple[Spec, ...] = ()
    methods: tuple[Spec, ...] = ()
    strategies: tuple[Spec, ...] = ()
    backbones: tuple[Spec, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    protocol: Protocol = field(default_factory=Protocol)
    budgets: tuple[Budget, ...] = ()
    device: Literal["", devices.Name] = ""
    plugins: tuple[str, ...] = ()
    until_sure: str = ""
    max_seeds: int = 0
    by_default: tuple[str, ...] = ()
    full: bool = False

    @property
    def protocols(self) -> list[Protocol]:
        """One for each budget."""
        made = [dataclasses.replace(self.protocol, **budget._asdict()) for budget in self.budgets]
        return made or [self.protocol]

    @property
    def all_protocols(self) -> list[Protocol]:
        """Those of its budgets, and that of full supervision where it is run."""
        return [*self.protocols, *([full_protocol(self.protocol)] if self.full else [])]


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
    written_out: dict[tuple[str, str], str] = {}

    def resolve(kind: Any, spec: Spec) -> str:
        if (kind, str(spec)) not in written_out:
            fits = (fitted or {}).get(str(spec), {}) if kind == "dataset" else {}
            written_out[kind, str(spec)] = canonical(spec.name, registry.build(kind, spec), fits)
        return written_out[kind, str(spec)]

    budgets = [*map(str, suite.budgets)] or [""]
    under = list(zip(suite.protocols, budgets, strict=True))
    for dataset, (protocol, budget) in itertools.product(suite.datasets, under):
        backbones = suite.backbones or (Spec(default_backbone(registry, str(dataset), tasks[str(dataset)].modality)),)
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
                    planned += [Trial(*names, seed, protocol, resolved, aliases, budget) for seed in suite.seeds]
    for (kind, written), meant in written_out.items():
        for other in (name for (of, name), same in written_out.items() if (of, same) == (kind, meant)):
            if other != written:
                raise SuiteError(f"{kind} {written} and {other} are the same, with every option as it is: name one.")
    if suite.full:
        alone = {plural(kind): (reference(kind, getattr(suite, plural(kind)), registry),) for kind in SPARED}
        whole = dataclasses.replace(
            suite, protocol=full_protocol(suite.protocol), budgets=(), full=False, **dict[str, Any](alone)
        )
        there = {trial.key for trial in planned}  # it may be among what the suite is of
        found = [trial for trial in trials(whole, registry, tasks, fitted) if trial.key not in there]
        planned += [dataclasses.replace(trial, budget=WHOLE) for trial in found]
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
    count = _whole(value)
    if count is not None:
        if not 1 <= count <= 100_000:
            raise SuiteError(f"seeds: {count} is not a number of seeds (at least 1); write [{count}] for that seed.")
        return tuple(range(count))
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    named = [_whole(item) for item in value] if several else []
    if not named or None in named:
        shown = f"{value!r}"[:80]
        raise SuiteError(f"seeds: {shown} is neither a number of seeds, as 3, nor a list of them, as [0, 1, 2].")
    seeds = tuple(seed for seed in named if seed is not None)
    if len(set(seeds)) < len(seeds):
        raise SuiteError(f"seeds: {list(seeds)} names a seed twice.")
    return seeds


def _whole(value: Any) -> int | None:
    """A whole number given as one, as a text or as a float without a fraction, NumPy's kinds too; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    try:
        return operator.index(value)
    except TypeError:
        return None
