"""One name for one thing, and none for two, in all that is shown of stored trials.

A component is what it holds (``albench.suite.identity``), not how somebody typed it: data that lie in another folder
and options that are written out at their defaults make no second row or table, and data that changed behind a name no
common one.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from albench.compare.protocols import under_hash
from albench.components import spec as specs
from albench.components.spec import Spec
from albench.errors import SpecError
from albench.suite.identity import data_notes, part_of
from albench.suite.naming import NAMED, place
from albench.wording import by_source, listed

_SHOWN = 4
"""Spellings that a note names; it counts the others."""


@dataclass
class _Seen:
    """One component: how it was typed, what was meant, and where.

    Attributes
    ----------
    typed, where
        In the order in which they were met.
    """

    typed: dict[str, None] = field(default_factory=dict)
    resolved: dict[str, None] = field(default_factory=dict)
    where: dict[str, None] = field(default_factory=dict)

    @property
    def shortest(self) -> str:
        """The spelling that is shown, whatever order the trials are read in."""
        return min(self.typed, key=lambda text: (len(text), text))


@dataclass(frozen=True)
class ComponentNames:
    """What components are called.

    Attributes
    ----------
    names
        Kind and identity of a component -> its name.
    notes
        What a reader has to know of them, a line each.
    """

    names: Mapping[tuple[str, Hashable], str]
    notes: tuple[str, ...]

    def of(self, facts: Mapping[str, Any]) -> dict[str, str]:
        """The four names of a trial that was among those named."""
        return {kind: self.names[kind, part_of(kind, facts)] for kind in NAMED}


def names_of(trials: Iterable[tuple[str, Mapping[str, Any]]], aliases: Mapping[str, str]) -> ComponentNames:
    """Name the components of trials.

    Parameters
    ----------
    trials
        Where each is, as the user knows it, and its ``trial.json``.
    aliases
        Kind and resolved spec -> alias, none for two things (``albench.suite.naming.united``).
    """
    trials = list(trials)
    seen: dict[str, dict[Hashable, _Seen]] = {kind: defaultdict(_Seen) for kind in NAMED}
    for where, facts in trials:
        for part in NAMED:
            one = seen[part][part_of(part, facts)]
            one.typed[facts[part]] = None
            one.resolved[str(facts.get("resolved", {}).get(part) or facts[part])] = None
            one.where[where] = None
    names: dict[tuple[str, Hashable], str] = {}
    notes: list[str] = []
    kind: str
    for kind, components in seen.items():
        called = {what: _alias(kind, one, aliases) or one.shortest for what, one in components.items()}
        often = Counter(called.values())
        for name in [name for name, count in often.items() if count > 1]:
            same = {what: components[what] for what, other in called.items() if other == name}
            apart, note = _apart(kind, name, same)
            called |= apart
            notes += [note] if note else []
        notes += _spellings(kind, components, called)
        names |= {(kind, what): name for what, name in called.items()}
    notes += data_notes(trials, lambda facts: names["dataset", part_of("dataset", facts)])
    return ComponentNames(names, tuple(notes))


def _alias(kind: str, one: _Seen, aliases: Mapping[str, str]) -> str:
    return next((aliases[at] for text in one.resolved if (at := place(kind, text)) in aliases), "")


def _spellings(kind: str, components: Mapping[Hashable, _Seen], called: Mapping[Hashable, str]) -> Iterator[str]:
    for what, one in components.items():
        if len(one.typed) > 1:
            typed = listed(sorted(one.typed, key=lambda text: (len(text), text)), _SHOWN)
            of_data = "hold the same items and labels: one data set"
            same = of_data if kind == "dataset" else f"are one {kind}, with every option written out"
            yield f"{typed} {same}, shown as {called[what]}."


def _apart(kind: str, name: str, same: Mapping[Hashable, _Seen]) -> tuple[dict[Hashable, str], str]:
    """Names for components that one name would stand for, and a line that says so."""
    hashes = [what[0] for what in same if isinstance(what, tuple)]
    if kind == "dataset" and all(hashes) and len(set(hashes)) == len(same):
        named = {what: under_hash(name, found) for what, found in zip(same, hashes, strict=True)}
        where = {found: list(one.where) for found, one in zip(hashes, same.values(), strict=True)}
        return named, (
            f"data set {name} is not the same data everywhere: {by_source(where)}. Each is shown apart, under its "
            "hash: their numbers must not be compared with each other."
        )
    options = {what: _options(next(iter(one.resolved))) for what, one in same.items()}
    every = sorted({option for of in options.values() for option in of})
    differ = [option for option in every if len({of.get(option) for of in options.values()}) > 1]
    named = {}
    for what, of in options.items():
        shown = {**_options(same[what].shortest), **{option: of[option] for option in differ if option in of}}
        named[what] = _written(same[what].shortest, shown)
    if not differ:  # trials of earlier versions do not say all that tells what they are: they are what the name is
        return dict.fromkeys(same, name), ""
    named_each = listed(list(named.values()), _SHOWN)
    return named, f"{kind} {name} does not stand for the same options everywhere: shown apart as {named_each}."


def _options(text: str) -> dict[str, str]:
    try:
        return dict(specs.parse(text).options)
    except SpecError:  # not albench's
        return {}


def _written(text: str, options: Mapping[str, str]) -> str:
    try:
        spec: Spec = specs.parse(text)
    except SpecError:
        return text
    return str(dataclasses.replace(spec, options=tuple(sorted(options.items()))))
