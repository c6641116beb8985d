"""What is taken where a user names nothing: plugins mark their own components, and here the marks are asked for.

What is installed never decides silently: of two defaults neither is taken. Of several baselines the first that has
results is, albench's own before others, so that a plugin's is what others are compared with only where it has to be.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol, get_args

from albench.api.kinds import PROJECT, Kind
from albench.api.task import Modality
from albench.errors import PluginError

ORACLE = "oracle"
"""Role of a strategy that sees hidden labels: a reference beside the others, in no panel and never ranked."""
ENCODES = "encodes"
"""Role of the data set that reads another through an encoder: what ``--encoder`` makes of ``-d``."""
ORACLE_MARK = "oracle: sees labels"
"""What stands beside it wherever it is shown."""
ROLES: dict[Kind, tuple[str, ...]] = {
    "strategy": ("default", "baseline", ORACLE),
    "method": ("default", "baseline"),
    "dataset": ("default", ENCODES),
}
"""Kind -> what one of it may be to those who name none, or to those that it stands beside."""
DEFAULT_FOR: dict[Kind, tuple[str, ...]] = {
    "backbone": get_args(Modality),
    "encoder": get_args(Modality),
    "executor": ("one", "several"),
}
"""Kind -> what has a default of its own: a modality, and one trial at a time or several."""
FLAGS: dict[Kind, str] = {"dataset": "-d", "method": "-m", "strategy": "-s"}
"""How a component of each kind is typed, where that is short."""


class Marked(Protocol):
    """A component as far as it is asked here."""

    @property
    def name(self) -> str: ...
    @property
    def plugin(self) -> str: ...
    @property
    def distribution(self) -> str: ...
    @property
    def default_for(self) -> tuple[str, ...]: ...
    @property
    def role(self) -> str: ...
    @property
    def stand_in_for(self) -> str: ...


class Marks(Protocol):
    """The registry as far as it is asked here."""

    def components(self, kind: Kind | None = None) -> Sequence[Marked]: ...


class Builds(Marks, Protocol):
    """A registry that builds what it has marks of."""

    def build(self, kind: Kind, spec: str, /) -> Any: ...


def flag(kind: Kind) -> str:
    """How a component of a kind is typed: ``-s``, ``--backbone``."""
    return FLAGS.get(kind, f"--{kind}")


def default(registry: Marks, kind: Kind, what: str = "") -> str:
    """The name of what is taken where none of a kind is named.

    Parameters
    ----------
    what
        Of a backbone the modality, of an executor ``one`` or ``several``; else nothing.

    Raises
    ------
    PluginError
        Where two plugins mark one, naming both, or none does.
    """
    marked = [c for c in registry.components(kind) if (what in c.default_for if what else c.role == "default")]
    called = f"default {kind}{f' for {what}' if what else ''}"
    if not marked:
        raise PluginError(f"no plugin that is loaded marks a {called}: name one with {flag(kind)}.")
    return _only(marked, called, kind)


def encodes(registry: Marks) -> str:
    """The name of the data set that reads others through an encoder.

    Raises
    ------
    PluginError
        Where two plugins mark one, naming both, or none does.
    """
    marked = [c for c in registry.components("dataset") if c.role == ENCODES]
    if not marked:
        raise PluginError("no plugin that is loaded reads data sets through an encoder, as --encoder asks.")
    return _only(marked, "data set that encodes", "dataset")


def default_backbone(registry: Marks, dataset: str, modality: str) -> str:
    """The default backbone of a data set.

    Raises
    ------
    PluginError
        Where none is marked, with the encoder that is the default for such items.
    """
    if modality != "text" or any(modality in c.default_for for c in registry.components("backbone")):
        return default(registry, "backbone", modality)
    known = [c.name for c in registry.components("encoder") if modality in c.default_for]
    raise PluginError(
        f"{dataset}: models read vectors, not {modality}: add {flag('encoder')} {known[0] if known else 'NAME'} "
        "(see 'albench list encoders')."
    )


def stand_in(registry: Marks, dataset: str) -> str:
    """The name of the data set that takes another's place where its files are not found; itself where none does.

    Raises
    ------
    PluginError
        Where two plugins mark one, naming both.
    """
    marked = [c for c in registry.components("dataset") if c.stand_in_for == dataset]
    return _only(marked, f"stand-in for {dataset}", "dataset") or dataset


def default_dataset(registry: Builds, data_dir: str | None) -> str:
    """The default data set where its files are found, else its stand-in.

    Parameters
    ----------
    data_dir
        The data folder that the user named.
    """
    home = default(registry, "dataset")
    there = registry.build("dataset", home).find(Path(data_dir) if data_dir else None)
    return home if there else stand_in(registry, home)


def baselines(registry: Marks, kind: Kind) -> list[str]:
    """The names of the baselines of a kind, albench's own first."""
    marked = [c for c in registry.components(kind) if c.role == "baseline"]
    return [c.name for c in sorted(marked, key=lambda c: (c.distribution != PROJECT, c.name))]


def baseline(registry: Marks, kind: Kind, there: Collection[str] = ()) -> str:
    """The first baseline of a kind that is among names with results, else the first; "" where none is marked."""
    names = baselines(registry, kind)
    return next((name for name in names if name in there), names[0] if names else "")


def _only(marked: Sequence[Marked], what: str, kind: Kind) -> str:
    if len(marked) > 1:
        several = " and ".join(f"'{c.name}' of plugin '{c.plugin}' ({c.distribution})" for c in marked)
        raise PluginError(
            f"{several} are marked as the {what}: name one with {flag(kind)}, or leave a plugin out "
            "(ALBENCH_DISABLE_PLUGINS=PLUGIN, or without its --plugin)."
        )
    return marked[0].name if marked else ""
