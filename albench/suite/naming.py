"""Components as people name them: specs in any form, under names of their own.

An alias names and decides nothing: it is no part of a trial's key. A suite's manifest holds it, and what is read from
the suite's folder is shown under it.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from albench.api.kinds import Kind
from albench.components import spec as specs
from albench.components.registry import registry
from albench.components.spec import Spec
from albench.errors import SpecError, SuiteError
from albench.suite.identity import part_of

if TYPE_CHECKING:
    from albench.components.registry import Registry
    from albench.suite.trials import Suite, Trial

_ALIAS = re.compile(r"[^\W_](?:[\w .+-]{0,58}[\w.+-])?")
_PANEL = re.compile(rf"{re.escape(specs.PANEL)}[A-Za-z0-9][A-Za-z0-9_.-]*")
PANELLED: tuple[Kind, ...] = ("strategy", "method")
"""Kinds that have panels (see ``albench.suite.panels``)."""
_EXAMPLES = {"dataset": "digits", "method": "fixmatch", "strategy": "entropy", "backbone": "mlp", "encoder": "tfidf"}
NAMED: tuple[Kind, ...] = ("dataset", "method", "strategy", "backbone")
"""Kinds whose components may have an alias, in the order of a trial's specs."""


def components(kind: Kind, given: Any) -> tuple[Spec, ...]:
    """The components that a suite names; one that is named twice counts once.

    Parameters
    ----------
    given
        ``NAME[OPTION=VALUE,...]``, ``ALIAS=NAME[...]``, a mapping ``{NAME: {OPTION: VALUE}}`` or ``{ALIAS: SPEC}``, or
        several of them.

    Raises
    ------
    SpecError
        Saying what is possible.
    """
    named: dict[Spec, Spec] = {}
    aliases: dict[str, Spec] = {}
    for spec in _each(kind, given):
        known = named.setdefault(spec, spec)
        if spec.alias and known.alias not in ("", spec.alias):
            raise SpecError(f"{kind} {spec} has two aliases, '{known.alias}' and '{spec.alias}': give it one.")
        if spec.alias and aliases.setdefault(spec.alias, spec) != spec:
            raise SpecError(
                f"the alias '{spec.alias}' is given to {aliases[spec.alias]} and to {spec}: give it to one."
            )
        if spec.alias:
            named[spec] = spec
    return tuple(named.values())


def _each(kind: Kind, given: Any) -> Iterator[Spec]:
    if isinstance(given, str):
        yield _named(kind, given)
    elif isinstance(given, Spec):
        yield given
    elif isinstance(given, Mapping):
        for name, value in given.items():
            yield _entry(kind, name, value)
    elif isinstance(given, Iterable) and not (isinstance(given, type | bytes) or hasattr(given, "__array__")):
        for item in given:
            if isinstance(item, str | Spec | Mapping):
                yield from _each(kind, item)
            else:
                raise _not_a_name(kind, item)
    else:
        raise _not_a_name(kind, given)


def _named(kind: Kind, text: str) -> Spec:
    """``SPEC``, ``ALIAS=SPEC`` or the name of a panel."""
    if kind in PANELLED and _PANEL.fullmatch(text.strip()):
        return Spec(text.strip())
    before, equals, after = text.partition("=")
    if not equals or "[" in before:
        return registry().parsed(kind, text)
    return _called(before, specs.parse(after))


def _called(alias: str, spec: Spec) -> Spec:
    name = unicodedata.normalize("NFC", alias.strip())
    if not _ALIAS.fullmatch(name):
        raise SpecError(f"'{alias}' is not an alias: letters, digits, spaces and any of _.+-, 60 at most, as in xrays.")
    return dataclasses.replace(spec, alias=name)


def _entry(kind: Kind, name: Any, value: Any) -> Spec:
    """An entry of a mapping: ``NAME: {OPTION: VALUE}``, ``ALIAS: SPEC`` or ``ALIAS: {NAME: {OPTION: VALUE}}``."""
    if isinstance(name, str) and isinstance(value, str | Spec):
        return _called(name, specs.parse(value) if isinstance(value, str) else value)
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(next(iter(value.values())), Mapping):
        return _called(str(name), specs.from_yaml(value))
    if value is not None and not isinstance(value, Mapping):
        raise SpecError(f"{kind} {name}: {value!r} is not a component: write {name}: SPEC, or NAME: {{OPTION: VALUE}}.")
    return specs.from_yaml({name: value})


def _not_a_name(kind: Kind, given: Any) -> SpecError:
    """What is possible in place of an object."""
    example = f"{kind}='{_EXAMPLES[kind]}'"
    if isinstance(given, list | tuple | set | dict | int | float | bytes) or given is None:
        return SpecError(f"{given!r} is not a {kind}: write its name, as in {example}, or a list of names."[:300])
    if hasattr(given, "__array__") or hasattr(given, "iloc"):
        way = "write dataset=albench.arrays(x, y), with its labels"
        return SpecError(f"a {kind} is a name, not {_what(given)}: {way if kind == 'dataset' else f'write {example}'}.")
    what = f"the class {given.__name__}" if isinstance(given, type) else _what(given)
    name = (given if isinstance(given, type) else type(given)).__name__.lower()
    return SpecError(
        f"a {kind} is a name, not {what}: register it in a plugin file, mine.py, with add.{kind}('{name}', ...) and "
        f"write {kind}='{name}', plugins=['mine.py']; 'albench new {kind} {name} --single-file' writes such a file."
    )


def _what(given: Any) -> str:
    return f"an object of type {type(given).__name__}"


def check_aliases(suite: Suite, registry: Registry) -> None:
    """Refuse an alias that is the name of a component.

    Raises
    ------
    SuiteError
        Naming the alias.
    """
    for kind, parts in zip(NAMED, parts_of(suite), strict=True):
        for spec in parts:
            if spec.alias in registry.names(kind):
                raise SuiteError(
                    f"'{spec.alias}' is a {kind} of its own, so it cannot be an alias of {spec}: take another word."
                )


def parts_of(suite: Suite) -> tuple[tuple[Spec, ...], ...]:
    """The suite's components, kind by kind."""
    return suite.datasets, suite.methods, suite.strategies, suite.backbones


def place(kind: str, resolved: str) -> str:
    """What a manifest keeps an alias by."""
    return f"{kind} {resolved}"


def aliases_of(trials: Iterable[Trial]) -> dict[str, str]:
    """What a manifest keeps of aliases: kind and resolved spec -> alias."""
    return {
        place(kind, resolved): alias
        for trial in trials
        for kind, resolved, alias in zip(NAMED, trial.resolved, trial.aliases, strict=True)
        if alias
    }


def check_taken(folder: Any, stored: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Refuse an alias that stands for another component in a suite's folder.

    Raises
    ------
    SuiteError
        Naming both.
    """
    for where, alias in wanted.items():
        of = where.partition(" ")[0]
        for other, taken in stored.items():
            if taken == alias and other != where and other.startswith(f"{of} ") and other not in wanted:
                raise SuiteError(
                    f"{folder}: the alias '{alias}' is that of {other.partition(' ')[2]} there: take another word, or "
                    "--name for a new suite."
                )


def shown(facts: Mapping[str, Any], aliases: Mapping[str, str]) -> dict[str, str]:
    """The four names of a stored trial as they are shown.

    Parameters
    ----------
    facts
        ``trial.json``.
    """
    resolved = facts.get("resolved", {})
    return {kind: aliases.get(place(kind, resolved.get(kind, "")), facts[kind]) for kind in NAMED}


def united(
    manifests: Mapping[str, Mapping[str, Any]], trials: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, str], list[str]]:
    """The aliases of several suites, so that one component has one name in what is shown of them together.

    Parameters
    ----------
    manifests
        Suite -> its manifest.
    trials
        What ``trial.json`` says of each of their trials.

    Returns
    -------
    Kind and resolved spec -> alias; and a line for each component that has several, or shares one with another.
    """
    given: dict[str, dict[str, str]] = {}
    for suite, manifest in sorted(manifests.items(), key=lambda item: last_start(item[1])):
        for where, alias in manifest.get("aliases", {}).items():
            given.setdefault(where, {})[alias] = suite
    aliases = {where: list(names)[-1] for where, names in given.items()}
    notes = [
        f"{where.partition(' ')[2]} is {' and '.join(f'{name} in {suite}' for name, suite in names.items())}: it is "
        f"shown as {aliases[where]}."
        for where, names in given.items()
        if len(names) > 1
    ]
    meant: dict[tuple[str, str], dict[Hashable, list[str]]] = {}
    for facts in trials:
        for kind in NAMED:
            resolved = facts.get("resolved", {}).get(kind, "")
            if alias := aliases.get(place(kind, resolved)):
                what = part_of(kind, facts)
                specs_of = meant.setdefault((kind, alias), {}).setdefault(what, [])
                specs_of += [resolved] * (resolved not in specs_of)
    for (of, alias), by_content in meant.items():
        if len(by_content) > 1:  # one name for what differs would mix it in one row
            several = [resolved for found in by_content.values() for resolved in found]
            notes.append(f"the alias {alias} is that of {' and of '.join(several)}: each is shown by its spec.")
            for resolved in several:
                del aliases[place(of, resolved)]
    return aliases, notes


def last_start(manifest: Mapping[str, Any]) -> str:
    """When the last run of a suite began; "" where no run is told."""
    return max((str(run.get("started", "")) for run in manifest.get("runs", [])), default="")
