"""What is tuned of a row: the settings that all rows share, and the options of its method."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from albench.components.fields import options
from albench.components.spec import Spec
from albench.errors import SpecError, SuiteError, nearest
from albench.suite.protocol import Protocol, protocol
from albench.suite.tune import Range, Values, n_tries, read
from albench.wording import counted, listed

if TYPE_CHECKING:
    from albench.components.registry import Registry

SETTINGS = ("lr", "momentum", "weight_decay", "optimizer", "schedule", "clip", "ema", "batch_size", "sampler")
"""Settings of the protocol that may be tuned; the others are the same for all that is compared."""
Space = Mapping[str, Values]
"""Name of a setting, or ``METHOD.OPTION`` -> what is tried of it."""


def search_space(tune: str, method: Spec, registry: Registry) -> dict[str, Values]:
    """What is tuned of the rows of one method, by names that say whose it is: ``lr``, ``fixmatch.threshold``.

    Raises
    ------
    SuiteError
        Where a value cannot be one, or the spec itself sets what is to be tuned.
    """
    its_own = _options(method.name, registry)
    found: dict[str, Values] = {}
    exact = {option for of, _, option in map(_parted, read(tune)) if of == method.name}
    for name, values in read(tune).items():
        of, dot, option = _parted(name)
        if not dot and name in SETTINGS:
            found[name] = values
        elif option in its_own and (of == method.name if dot else option not in exact):
            found[f"{method.name}.{option}"] = values
    set_already = dict(method.options)
    for name in found:
        if (option := _parted(name)[2]) in set_already and "." in name:
            raise SuiteError(f"tune {name}: {method} sets {option} itself; leave it out there, or of what is tuned.")
    return {name: _checked(name, values, method, registry) for name, values in found.items()}


def applied(settings: Protocol, method: Spec, values: Mapping[str, str]) -> tuple[Protocol, Spec]:
    """The protocol and the method's spec with values of a search space in force."""
    own = {name: text for name, text in values.items() if "." not in name}
    theirs = {_parted(name)[2]: text for name, text in values.items() if "." in name}
    merged = tuple(sorted({**dict(method.options), **theirs}.items()))
    return protocol(own, settings) if own else settings, dataclasses.replace(method, options=merged)


def check_tuning(settings: Protocol, methods: Iterable[Spec], registry: Registry) -> list[str]:
    """Refuse what cannot be tuned, before anything runs.

    Returns
    -------
    What a user has to know of the tuning, a line each.

    Raises
    ------
    SuiteError
        Where there is nothing to choose by, a name is of nothing, a value is none, or a row has nothing to tune.
    """
    if not settings.tune:
        _refuse_without_effect(settings)
        return []
    _refuse_impossible(settings)
    methods = list(methods)
    for name in read(settings.tune):
        _check_name(name, methods, registry)
    spaces = {str(method): search_space(settings.tune, method, registry) for method in methods}
    bare = [method for method, space in spaces.items() if not space]
    if bare:
        raise SuiteError(
            f"tune {settings.tune}: {bare[0]} has nothing of it to tune, and the rows would not be tuned alike; add a "
            "setting that every row has, as --tune lr=0.01,0.03,0.1."
        )
    tries = n_tries(settings.tune, settings.tries)
    notes = [_told(settings, tries)]
    for method, space in spaces.items():
        count = size(space)
        if count < tries:
            notes.append(
                f"tuning: {method} has {count:,.0f} combinations, so each of them is tried about "
                f"{tries / count:.2g} times with other weights and batches, and their mean decides."
            )
    there = {method.name for method in methods}
    absent = sorted({of for of, dot, _ in map(_parted, read(settings.tune)) if dot} - there)
    if absent:
        notes.append(f"tuning: what is of {listed(absent)} changes nothing: the run has no such method.")
    return notes


def size(space: Space) -> float:
    """How many combinations there are; infinite with a range."""
    count = 1.0
    for values in space.values():
        count *= float("inf") if isinstance(values, Range) else len(values)
    return count


def _told(settings: Protocol, tries: int) -> str:
    when = "before every round" if settings.tune_when == "every" else "before the first round"
    whose = "its own" if settings.tune_seed == "own" else f"seed {settings.tune_seed}'s"
    return (
        f"tuning: {settings.tune}: {counted(tries, 'try')} for each data set, method, backbone and seed {when}, chosen "
        f"by {settings.checkpoint_metric} on {whose} validation labels."
    )


def _refuse_without_effect(settings: Protocol) -> None:
    for name in ("tries", "tune_when", "tune_seed"):
        if (value := getattr(settings, name)) != getattr(Protocol, name):
            raise SuiteError(
                f"{name} {value}: nothing is tuned; say what, as --tune lr=0.01,0.03,0.1, or leave it out."
            )


def _refuse_impossible(settings: Protocol) -> None:
    if settings.validation == "none":
        raise SuiteError(
            "tune: what is tuned is chosen on validation labels, and validation none pays for none: write how many, as "
            "--set validation=1x (as many as training labels)."
        )
    for name in read(settings.tune):
        if name in SETTINGS and (value := getattr(settings, name)) != getattr(Protocol, name):
            raise SuiteError(f"tune {name}: {name} is set to {value} as well; set it or tune it.")
    if settings.epochs and "batch_size" in read(settings.tune):
        raise SuiteError("tune batch_size: with epochs it changes the number of steps; set steps, or leave it out.")
    if settings.tune_when == "every" and settings.tune_seed != "own":
        raise SuiteError("tune_seed: labels of later rounds are a trial's own; with tune_when every leave it out.")
    if settings.tune_when == "every" and settings.start == "warm":
        raise SuiteError("tune_when every: a warm start goes on with its optimizer; write --cold-start, or first.")


def _check_name(name: str, methods: Iterable[Spec], registry: Registry) -> None:
    of, dot, option = _parted(name)
    if dot:
        registry.find("method", of)  # an unknown one is told with the nearest
        theirs = _options(of, registry)
        if option not in theirs:
            raise SuiteError(f"tune {name}: method {of} {_instead(option, theirs)}")
        return
    if name in SETTINGS or any(name in _options(method.name, registry) for method in methods):
        return
    if name in {field.name for field in dataclasses.fields(Protocol)}:
        raise SuiteError(
            f"tune {name}: the same for all that is compared; settings that can be tuned are {', '.join(SETTINGS)}."
        )
    known = [*SETTINGS, *(each for method in methods for each in _options(method.name, registry))]
    raise SuiteError(
        f"tune {name}: neither a setting that can be tuned nor an option of the methods: there {_instead(name, known)}"
    )


def _instead(name: str, known: Iterable[str]) -> str:
    names = list(dict.fromkeys(known))
    close = nearest(name, names)
    if close:
        return f"is no '{name}': did you mean '{close}'?"
    return f"is no '{name}': there is {', '.join(names)}." if names else "is nothing to tune."


def _parted(name: str) -> tuple[str, str, str]:
    """``fixmatch.threshold`` -> method, dot and option."""
    return name.rpartition(".")


def _options(method: str, registry: Registry) -> set[str]:
    return {option.name for option in options(registry.find("method", method).load())}


def _checked(name: str, values: Values, method: Spec, registry: Registry) -> Values:
    """The values, each of which the setting or the option takes; a range of whole numbers knows that it is one."""
    texts = (values.low, values.high) if isinstance(values, Range) else values
    for text in texts:
        try:
            settings, spec = applied(Protocol(), method, {name: text})
            made = registry.build("method", spec)
        except (SpecError, SuiteError) as error:
            raise SuiteError(f"tune {name}: {error}") from None
    if not isinstance(values, Range):
        return values
    _, dot, option = _parted(name)
    holder = made if dot else settings
    field = next(f for f in dataclasses.fields(holder) if f.metadata.get("name", f.name) == option)
    value = getattr(holder, field.name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SuiteError(f"tune {name}: a range is of numbers; name the values, as {name}={texts[0]},{texts[1]}.")
    return dataclasses.replace(values, whole=isinstance(value, int))
