"""A suite (YAML file or command line) becomes validated trials with stable keys."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from albench import spec as specs
from albench.api.options import option
from albench.api.task import Task
from albench.errors import PluginError, SpecError, SuiteError, nearest
from albench.spec import Spec

if TYPE_CHECKING:
    from albench.api.strategy import Strategy
    from albench.plugins import Component, Registry

T = TypeVar("T")

FORMAT = 1
"""Version of the trial key: it changes when the same settings would give other records."""

DEFAULT_METHOD = "boostmis"
DEFAULT_STRATEGY = "boostmis"
DEFAULT_DATASETS = ("mescc", "mescc-sim")
"""The first whose files are found is used where the user names none."""
DEFAULT_BACKBONE = {"features": "mlp", "image": "cnn"}


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

    @property
    def key(self) -> str:
        """Stable name of the trial: readable parts and a hash of everything that decides its records."""
        content = [FORMAT, *self.resolved, self.seed, self.protocol.content]
        names = "--".join(specs.parse(part).name for part in (self.dataset, self.method, self.strategy, self.backbone))
        return f"{names}--s{self.seed}--{digest(content, 6)}"


@dataclass(frozen=True)
class Suite:
    """A declared experiment: datasets x methods x strategies x backbones x seeds under one protocol."""

    name: str = ""
    datasets: tuple[Spec, ...] = ()
    methods: tuple[Spec, ...] = ()
    strategies: tuple[Spec, ...] = ()
    backbones: tuple[Spec, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    protocol: Protocol = field(default_factory=Protocol)


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
    spec = Spec("protocol", tuple((key, "true" if value is True else str(value)) for key, value in merged.items()))
    try:
        made: Protocol = specs.build(spec, Protocol)
    except SpecError as error:
        raise SuiteError(str(error)) from None
    for name in ("initial", "query_size"):
        _amount(name, getattr(made, name), pool_size=None)
    if made.lanes not in ("off", "auto") and not (made.lanes.isdecimal() and int(made.lanes) > 1):
        raise SuiteError(f"lanes '{made.lanes}': write off, auto or a number from 2 on.")
    return made


def _amount(name: str, text: str, pool_size: int | None) -> int:
    """``"300"`` or ``"5%"`` of the pool as a count; without a pool size only the form is checked."""
    shown = name.replace("_", "-")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip(), re.ASCII)
    if not match or (not match[2] and "." in match[1]):
        raise SuiteError(f"{shown} '{text}' is neither a number of labels nor a share such as 5%.")
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
    if total > task.pool_size:
        raise SuiteError(
            f"{dataset}: {initial} initial labels and {settings.rounds - 1} queries of {query_size} are {total} "
            f"labels, more than the pool's {task.pool_size}: lower --initial, --query-size or --rounds."
        )
    drawn_by_class = settings.initial_draw != "random" and not settings.initial_strategy
    if drawn_by_class and initial < task.n_classes:
        raise SuiteError(
            f"{dataset}: {initial} initial labels cannot hold one item of each of its {task.n_classes} classes: "
            f"raise --initial, or set initial_draw to random."
        )
    return Amounts(initial, query_size, settings.rounds)


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


def trials(suite: Suite, registry: Registry, tasks: Mapping[str, Task]) -> list[Trial]:
    """Every trial of a suite, seeds innermost, each component built once so that its options are checked.

    Parameters
    ----------
    tasks
        Data set spec -> its task, for the default backbone.
    """
    planned: list[Trial] = []
    canonical: dict[tuple[str, str], str] = {}

    def resolve(kind: Any, spec: Spec) -> str:
        if (kind, str(spec)) not in canonical:
            canonical[kind, str(spec)] = specs.canonical(spec.name, registry.build(kind, spec))
        return canonical[kind, str(spec)]

    for dataset in suite.datasets:
        backbones = suite.backbones or (Spec(DEFAULT_BACKBONE[tasks[str(dataset)].modality]),)
        for backbone in backbones:
            for method in suite.methods:
                for strategy in suite.strategies:
                    resolved = (
                        resolve("dataset", dataset),
                        resolve("method", method),
                        resolve("strategy", strategy),
                        resolve("backbone", backbone),
                    )
                    planned += [
                        Trial(str(dataset), str(method), str(strategy), str(backbone), seed, suite.protocol, resolved)
                        for seed in suite.seeds
                    ]
    return planned


_SUITE_KEYS = ("name", "datasets", "methods", "strategies", "backbones", "seeds", "protocol")
_KINDS = ("datasets", "methods", "strategies", "backbones")


MAX_SUITE = 4 * 2**20
"""Bytes of the largest suite file that is read."""


def load_suite(path: Path) -> Suite:
    """Read a suite file.

    Raises
    ------
    SuiteError
        Naming the file, the line and the wrong key or value.
    """
    import yaml

    try:
        if path.exists() and not (path.is_file() and path.stat().st_size <= MAX_SUITE):
            raise SuiteError(f"{path} is not a suite file: it is a text of at most {MAX_SUITE // 2**20} MiB.")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SuiteError(f"there is no suite file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"suite file {path} cannot be read: {error}.") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise SuiteError(f"{path}{line}: not valid YAML: {problem}.") from None
    if not isinstance(content, dict) or not isinstance(node, yaml.MappingNode):
        raise SuiteError(f"{path}: a suite file holds keys such as {', '.join(_SUITE_KEYS)}.")
    lines = _key_lines(node)
    settings = content.get("protocol") or {}
    _check_keys(path, content, _SUITE_KEYS, lines)
    if not isinstance(settings, dict):
        raise SuiteError(f"{path}, line {lines['protocol']}: protocol holds settings such as rounds: 6.")
    protocol_keys = tuple(f.name for f in dataclasses.fields(Protocol))
    _check_keys(path, settings, protocol_keys, lines, prefix="protocol.")
    parts: dict[str, Any] = {}
    for key in _KINDS:
        if key in content and not _as_list(content[key]):
            raise SuiteError(f"{path}, line {lines[key]}: {key} names none: name one, or leave the key out.")
        try:
            parts[key] = tuple(specs.from_yaml(item) for item in _as_list(content.get(key)))
        except SpecError as error:
            raise SuiteError(f"{path}, line {lines[key]}: {error}") from None
    for key, value in settings.items():  # one at a time, so that the line of a wrong one is known
        _at_line(path, lines[f"protocol.{key}"], protocol, {key: value})
    made = protocol(settings)
    seeds = _at_line(path, lines.get("seeds", 1), parse_seeds, content.get("seeds", 3))
    name = content.get("name") or path.stem
    return Suite(name=check_name(str(name)), seeds=seeds, protocol=made, **parts)


def _at_line(path: Path, line: int, read: Callable[[Any], T], value: Any) -> T:
    """What ``read`` makes of a value of the suite file; an error names the line."""
    try:
        return read(value)
    except SuiteError as error:
        raise SuiteError(f"{path}, line {line}: {error}") from None


def check_name(name: str) -> str:
    """A suite's name is a folder's name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise SuiteError(f"'{name}' is not a suite name: use letters, digits, '.', '_' and '-'.")
    return name


def parse_seeds(value: Any) -> tuple[int, ...]:
    """``3`` means the seeds 0, 1, 2; a list names them."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 100_000:
            raise SuiteError(f"seeds: {value} is not a number of seeds (at least 1).")
        return tuple(range(value))
    if isinstance(value, list) and value and all(isinstance(v, int) and not isinstance(v, bool) for v in value):
        if len(set(value)) < len(value):
            raise SuiteError(f"seeds: {value} names a seed twice.")
        return tuple(value)
    raise SuiteError(f"seeds: {value!r} is neither a number of seeds nor a list of them.")


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _key_lines(node: Any, prefix: str = "") -> dict[str, int]:
    """Line of each key of a YAML mapping, with the protocol's keys as ``protocol.KEY``."""
    found: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = prefix + str(key_node.value)
        if key in found:
            raise SuiteError(f"line {key_node.start_mark.line + 1}: the key '{key}' is given twice.")
        found[key] = key_node.start_mark.line + 1
        if key == "protocol" and isinstance(value_node.value, list) and value_node.id == "mapping":
            found.update(_key_lines(value_node, "protocol."))
    return found


def _check_keys(
    path: Path, given: Mapping[Any, Any], known: Iterable[str], lines: Mapping[str, int], prefix: str = ""
) -> None:
    names = list(known)
    for key in given:
        if key not in names:
            close = nearest(str(key), names)
            hint = f"did you mean '{close}'?" if close else f"it takes {', '.join(names)}."
            raise SuiteError(f"{path}, line {lines.get(prefix + str(key), 1)}: unknown key '{key}': {hint}")
