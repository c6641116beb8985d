"""What a plugin declares of a component, checked when it is registered or first imported."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
from collections.abc import Collection, Iterable
from typing import Any, get_args

from albench.api.backbone import TRAINING, Backbone
from albench.api.dataset import Dataset
from albench.api.encoder import Encoder
from albench.api.estimator import Estimator
from albench.api.executor import Executor
from albench.api.kinds import KINDS, Kind
from albench.api.method import VIEWS, Method
from albench.api.published import Published
from albench.api.strategy import NEEDS, ORACLE_NEEDS, Strategy
from albench.api.task import Modality
from albench.api.tracker import Tracker
from albench.components.defaults import DEFAULT_FOR, ORACLE, ROLES
from albench.components.fields import check_defaults
from albench.errors import PluginError, SpecError, nearest

EVERY = "all"
"""The panel that no component names: all that need no option."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

_BASES: dict[Kind, type] = {
    "strategy": Strategy,
    "method": Method,
    "dataset": Dataset,
    "encoder": Encoder,
    "backbone": Backbone,
    "executor": Executor,
    "tracker": Tracker,
}
_OWN: dict[Kind, tuple[str, ...]] = {
    "strategy": ("select", "scores"),
    "method": ("loss", "fit"),
    "dataset": ("load",),
    "encoder": ("encode", "fingerprint", "fit", "dim"),
    "backbone": ("build", "fit"),
    "executor": ("map",),
    "tracker": ("suite_start", "trial_start", "round_end", "trial_end", "suite_end"),
}
"""Of these a component has to define one itself: its base does nothing useful in their place."""
_SETS: dict[Kind, dict[str, Collection[str]]] = {
    "strategy": {"needs": NEEDS},
    "method": {"views": VIEWS, "training": TRAINING},
    "backbone": {"modalities": get_args(Modality), "training": TRAINING, "gives": NEEDS},
    "encoder": {"modalities": get_args(Modality)},
}
_FLAGS: dict[Kind, tuple[str, ...]] = {
    "strategy": ("cold_start",),
    "method": ("vmap_safe",),
    "backbone": ("vmap_safe",),
}


def check_name(kind: Kind, name: object) -> None:
    """Raise ``PluginError`` where a component cannot have the name."""
    if isinstance(name, str) and NAME.fullmatch(name):
        return
    plain = re.sub(r"[^a-z0-9_.]+", "-", str(name).lower()).strip("-._")
    close = f", as in '{plain}'" if isinstance(name, str) and plain else ""
    raise PluginError(f"{kind} name {name!r} cannot be typed: use letters, digits, '-', '_' and '.' alone{close}")


def check_panels(kind: Kind, name: str, panels: object) -> None:
    """Raise ``PluginError`` where the panels of a component cannot be typed."""
    where = f"{kind} '{name}': its panels are {panels!r}"
    if isinstance(panels, str) or not isinstance(panels, Collection):
        raise PluginError(f"{where}: write them as panels=('standard',)")
    for panel in panels:
        if not isinstance(panel, str) or not NAME.fullmatch(panel):
            raise PluginError(f"{where}: use letters, digits, '-', '_' and '.' alone")
        if panel == EVERY:
            raise PluginError(f"{where}: '{EVERY}' is made of all components by itself, leave it out")


def check_role(kind: Kind, name: str, role: object, panels: Collection[str] = ()) -> None:
    """Raise ``PluginError`` where a component has a role that its kind does not know, or that no panel may have."""
    if role == ORACLE and panels:
        raise PluginError(f"{kind} '{name}': what sees labels is named, never part of a panel: leave its panels out")
    known = ROLES.get(kind, ())
    if role and role not in known:
        close = nearest(str(role), known)
        hint = f"did you mean '{close}'?" if close else f"choose from {', '.join(known)}."
        raise PluginError(f"{kind} '{name}': its role is {role!r}: {hint}")


def check_default_for(kind: Kind, name: str, default_for: object) -> None:
    """Raise ``PluginError`` where a component is marked as the default for what there is not."""
    known = DEFAULT_FOR.get(kind, ())
    where = f"{kind} '{name}': default_for is {default_for!r}"
    if isinstance(default_for, str) or not isinstance(default_for, Collection):
        raise PluginError(f"{where}: write default_for=('{known[0]}',)")
    for one in default_for:
        if one not in known:
            close = nearest(str(one), known)
            hint = f"did you mean '{close}'?" if close else f"choose from {', '.join(known)}."
            raise PluginError(f"{where}: {hint}")


def check_published(name: str, published: object) -> None:
    """Raise ``PluginError`` where what is published of a data set is neither facts nor the name of them."""
    where = f"dataset '{name}': published is {published!r}"
    if isinstance(published, str):
        if not re.fullmatch(r"[\w.]+:\w+", published):
            raise PluginError(f"{where}: write 'package.module:NAME' or the facts")
    elif not isinstance(published, Collection) or not all(isinstance(each, Published) for each in published):
        raise PluginError(f"{where}: write published=(albench.api.Published(...),)")


def check_target(kind: Kind, name: str, target: object) -> None:
    """Raise ``PluginError`` where what was registered is neither a class nor the name of one."""
    if isinstance(target, str):
        module, colon, attribute = target.partition(":")
        if not (colon and module and attribute):
            raise PluginError(f"{kind} '{name}': target '{target}' is not 'package.module:Class'")
    elif isinstance(target, _BASES[kind]) and not isinstance(target, type):
        cls = type(target).__name__
        raise PluginError(f"{kind} '{name}': register the class, not an instance: write {cls}, not {cls}(...)")
    elif not callable(target):
        raise PluginError(f"{kind} '{name}': {target!r} is neither a class nor 'package.module:Class'")
    else:
        check(kind, name, target)


@functools.lru_cache(maxsize=512)  # a component is built many times, and its class stays what it is
def check(kind: Kind, name: str, declared: Any) -> None:
    """What a class, or an instance of it, declares of itself.

    Parameters
    ----------
    declared
        A class, an instance of it, or a function that makes one, which is not looked into.

    Raises
    ------
    PluginError
        Naming the attribute, its value, and the nearest right one.
    """
    is_class = isinstance(declared, type)
    if not is_class and not isinstance(declared, _BASES[kind]) and callable(declared):
        return
    where = f"{kind} '{name}' ({declared.__name__ if is_class else type(declared).__name__})"
    for problem in _problems(kind, declared, is_class):
        raise PluginError(f"{where}: {problem}")


def check_sight(kind: Kind, name: str, role: str, made: object) -> None:
    """Raise ``PluginError`` where a strategy would see hidden labels and is no oracle, or is one and would not.

    A wrapper needs what it holds: around an oracle it would hide that labels are seen.
    """
    seen = sorted(ORACLE_NEEDS & getattr(made, "needs", frozenset())) if kind == "strategy" else []
    if seen and role != ORACLE:
        raise PluginError(
            f"{kind} '{name}' would see hidden labels (it needs {', '.join(seen)}), which only what is registered with "
            f"role='{ORACLE}' may: use it without, or name the oracle by itself"
        )
    if role == ORACLE and not seen:
        raise PluginError(f"{kind} '{name}' has role='{ORACLE}' and needs none of {', '.join(sorted(ORACLE_NEEDS))}")


def check_made(kind: Kind, name: str, made: object) -> None:
    """What only an instance declares, as a wrapper whose ``needs`` are those of the strategy that it wraps.

    Raises
    ------
    PluginError
        As ``check``.
    """
    cls, base = type(made), _BASES[kind]
    for attribute, known in _SETS.get(kind, {}).items():
        if isinstance(getattr(cls, attribute, None), property):
            for problem in _of_set(attribute, getattr(made, attribute), known, base.__name__):
                raise PluginError(f"{kind} '{name}' ({cls.__name__}): {problem}")


def _problems(kind: Kind, declared: Any, is_class: bool) -> Iterable[str]:
    """What is wrong, one line each."""
    cls = declared if is_class else type(declared)
    base = Estimator if issubclass(cls, Estimator) else _BASES[kind]
    yield from _of_options(cls)
    if not _has_one(cls, base, _OWN[kind]):
        yield f"it defines {' and '.join(f'no {member}' for member in _OWN[kind][:2])}; see 'albench new {kind}'"
    for member in _OWN[kind]:
        yield from _of_call(cls, base, member)
    for attribute, known in _SETS.get(kind, {}).items():
        value = getattr(declared, attribute, None)
        if not isinstance(value, property):
            yield from _of_set(attribute, value, known, base.__name__)
    for flag in _FLAGS.get(kind, ()):
        value = getattr(declared, flag, None)
        if not isinstance(value, bool | property):
            yield f"{flag} is {value!r}: write True or False"


def _has_one(cls: type, base: type, members: Iterable[str]) -> bool:
    return any(getattr(cls, member, None) not in (None, getattr(base, member, None)) for member in members)


def _of_set(attribute: str, value: object, known: Collection[str], base: str) -> Iterable[str]:
    if value is None:
        yield f"it has no {attribute}: make it a subclass of albench.api.{base}"
    elif isinstance(value, str) or not isinstance(value, Collection):
        shown = f'frozenset({{"{value}"}})' if isinstance(value, str) else "a frozenset of names"
        yield f"{attribute} is {value!r}: write {shown}"
    else:
        for one in sorted(value, key=str):
            if one not in known:
                close = nearest(str(one), known)
                hint = f"did you mean '{close}'?" if close else f"choose from {', '.join(sorted(known))}."
                yield f"{attribute} has {one!r}, which is not known: {hint}"


def _of_call(cls: type, base: type, member: str) -> Iterable[str]:
    """Whether a method can be called as the base's is."""
    own, theirs = getattr(cls, member, None), getattr(base, member, None)
    if own is theirs or theirs is None or own is None:
        return
    if not callable(own):
        yield f"{member} is {own!r}, not a function"
        return
    wanted = list(inspect.signature(theirs).parameters)
    try:
        given = inspect.signature(own)
    except (TypeError, ValueError):  # a builtin or a C function tells nothing
        return
    places: list[None] = [None] * len(wanted)
    if isinstance(inspect.getattr_static(cls, member), staticmethod):
        places = places[1:]
    try:
        given.bind(*places)
    except TypeError:
        yield f"{member}{given} cannot be called as {member}({', '.join(wanted)})"


def _of_options(cls: type) -> Iterable[str]:
    """Fields that are no options for want of a decorator, and options whose default their own rule refuses."""
    for part in cls.__mro__:
        bare = [key for key, value in vars(part).items() if isinstance(value, dataclasses.Field)]
        if bare:
            yield f"its option '{bare[0]}' does not count without @dataclass(frozen=True) above class {part.__name__}"
            return
    if not dataclasses.is_dataclass(cls):
        return
    for field in dataclasses.fields(cls):
        component = field.metadata.get("component")
        if component is not None and component not in KINDS:
            close = nearest(str(component), KINDS)
            yield f"its option '{field.name}' takes component={component!r}: " + (
                f"did you mean '{close}'?" if close else f"choose from {', '.join(KINDS)}."
            )
    try:
        check_defaults(cls)
    except SpecError as error:
        yield str(error)
