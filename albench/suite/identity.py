"""What stored trials are: what their data hold and how they are trained on, never where the data lie.

Data are the same where their items and labels are (``data_hash``) and the options that shape the task are: those of the
views, the classes' names and order. What else an option of a data set says, where it lies and how it is read, the hash
has already. Options at their defaults are written out before they are compared.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from albench.api.dataset import Dataset, FeatureDataset, ImageDataset
from albench.components import spec as specs
from albench.errors import SpecError
from albench.wording import listed

PLACES = ("path", "files", "groups", "val", "test", "of")
"""Options of a data set that name where its items, or what belongs to them, lie; or the data set that they are of."""
TASK = frozenset(
    {"classes", "ordinal"}
    | {
        field.metadata.get("name", field.name)
        for kind in (FeatureDataset, ImageDataset)
        for field in dataclasses.fields(kind)
    }
    - {field.name for field in dataclasses.fields(Dataset)}
)
"""Options that shape the task beside what the data hold, of data sets whose views are albench's."""
Identity = tuple[Hashable, ...]
_SHOWN = 4
"""Names that a note gives; it counts the others."""


def data_of(facts: Mapping[str, Any]) -> tuple[str, str]:
    """The hash of a trial's data, and its data set with the options that shape the task alone.

    Parameters
    ----------
    facts
        ``trial.json``. Without a hash, as what is not albench's may be, the name as typed stands for the data.
    """
    typed = str(facts["dataset"])
    data_hash = str(facts.get("data_hash") or "")
    if not data_hash:
        return "", typed
    resolved = str(facts.get("resolved", {}).get("dataset") or typed)
    made = facts.get("made_by", {}).get("dataset", {})
    own_views = any("=" not in name for name in made.get("files", {}))  # its code decides numbers, by whatever option
    return data_hash, without_places(resolved) if own_views else _task(resolved)


@functools.lru_cache(maxsize=4096)
def without_places(resolved: str) -> str:
    """A data set's spec without what says where it lies."""
    return _kept(resolved, lambda name: name not in PLACES)


@functools.lru_cache(maxsize=4096)
def _task(resolved: str) -> str:
    return _kept(resolved, lambda name: name in TASK)


def _kept(resolved: str, keep: Callable[[str], bool]) -> str:
    try:
        spec = specs.parse(resolved)
    except SpecError:  # not albench's
        return resolved
    return str(dataclasses.replace(spec, options=tuple(option for option in spec.options if keep(option[0]))))


def part_of(kind: str, facts: Mapping[str, Any]) -> Hashable:
    """What one of a trial's four components is, however its name was typed."""
    return data_of(facts) if kind == "dataset" else str(facts.get("resolved", {}).get(kind) or facts[kind])


def trial_of(facts: Mapping[str, Any]) -> Identity:
    """What a trial is: two that have one identity have the same records."""
    parts = [part_of(kind, facts) for kind in ("dataset", "method", "strategy", "backbone")]
    return (*parts, facts["seed"], facts["protocol_hash"])


def data_notes(
    trials: Iterable[tuple[str, Mapping[str, Any]]],
    called: Callable[[Mapping[str, Any]], str] = lambda facts: str(facts["dataset"]),
) -> list[str]:
    """What has one hash and is not one thing all the same: classes named otherwise, items read in several ways.

    Parameters
    ----------
    trials
        Where each is, as the user knows it, and its ``trial.json``.
    called
        Those facts -> the name of their data set.
    """
    classes: dict[Hashable, dict[tuple[str, ...], dict[str, None]]] = defaultdict(dict)
    ways: dict[str, dict[Hashable, str]] = defaultdict(dict)
    for where, facts in trials:
        if found := data_of(facts)[0]:
            what = part_of("dataset", facts)
            ways[found].setdefault(what, called(facts))
            if named := tuple(facts.get("class_names", ())):
                classes[what].setdefault(named, {})[where] = None
    notes = [
        f"the classes of data set {name} are not named alike everywhere: {_named(classes[what])}. Metrics of a single "
        "class go by its name, and are not of all trials."
        for names in ways.values()
        for what, name in names.items()
        if len(classes[what]) > 1
    ]
    several = [sorted(set(names.values())) for names in ways.values()]
    notes += [
        f"{listed(names, _SHOWN)} hold the same items and labels, read in different ways: each is shown apart."
        for names in several
        if len(names) > 1
    ]
    return notes


def _named(classes: Mapping[tuple[str, ...], Mapping[str, None]]) -> str:
    """``ill and well in a and b; 0 and 1 in c``."""
    return "; ".join(f"{listed(names, _SHOWN)} in {listed(list(where), _SHOWN)}" for names, where in classes.items())
