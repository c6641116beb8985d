"""A component's options: its fields as they are typed, built from a spec and written out in full."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from albench.components.spec import Spec, as_text
from albench.components.values import SIGNS, check_bounds, convert, settable, type_name
from albench.errors import SpecError, nearest

REQUIRED = "required"
"""In the place of a default, where there is none."""


@dataclass(frozen=True)
class Option:
    """One option of a component, for help and generated documentation."""

    name: str
    type: str
    default: str
    help: str
    bounds: str


def build(spec: Spec, factory: Callable[..., Any], resolve: Callable[[Any, str], Any] | None = None) -> Any:
    """An instance of the component with the spec's options.

    Parameters
    ----------
    resolve
        Builds an option that is a component itself, from its kind and its spec.

    Raises
    ------
    SpecError
        For an unknown option, a wrong type, a value out of bounds or a missing required option.
    """
    if not dataclasses.is_dataclass(factory):
        if spec.options:
            raise SpecError(f"{spec.name} takes no options, not '{spec.options[0][0]}'.")
        return factory()
    hints = _hints(factory)
    fields = {_typed(field): field for field in dataclasses.fields(factory) if field.init and not _is_rest(field)}
    values: dict[str, Any] = {}
    if rest := next((field.name for field in dataclasses.fields(factory) if _is_rest(field)), ""):
        values[rest] = tuple(sorted(pair for pair in spec.options if pair[0] not in fields))
    for key, text in spec.options:
        if key not in fields and rest:
            continue
        if key not in fields:
            close = nearest(key, fields)
            known = f"did you mean '{close}'?" if close else f"it takes {', '.join(fields) or 'none'}."
            raise SpecError(f"{spec.name} has no option '{key}': {known}")
        field = fields[key]
        if "component" in field.metadata:
            if resolve is None:
                raise SpecError(f"{spec.name}[{key}=...]: a component cannot be built here.")
            values[field.name] = resolve(field.metadata["component"], text)
        else:
            values[field.name] = convert(f"{spec.name}[{key}=...]", text, hints[field.name])
        check_bounds(f"{spec.name}[{key}={text}]", values[field.name], field.metadata)
    for key, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in values:
            raise SpecError(f"{spec.name} needs the option '{key}': write {spec.name}[{key}=...].")
    made = factory(**values)
    object.__setattr__(made, _NAME_OF, spec.name)  # for ``canonical``, where it is the option of another component
    return made


_NAME_OF = "_albench_name"


def name_of(component: Any) -> str:
    """The name by which a component was built; that of its class where it was made without one."""
    return str(getattr(component, _NAME_OF, type(component).__name__.lower()))


def _typed(field: dataclasses.Field[Any]) -> str:
    """What the user types for a field."""
    name: str = field.metadata.get("name", field.name)
    return name


def _is_rest(field: dataclasses.Field[Any]) -> bool:
    """Whether a field holds what is typed beside the options."""
    return bool(field.metadata.get("rest"))


def canonical(name: str, component: Any, fitted: Mapping[str, Any] = types.MappingProxyType({})) -> str:
    """The component as a spec with every option written out: what a trial's key is made of.

    An option that came later than stored results is left out at the values that leave them as they are.

    Parameters
    ----------
    fitted
        Options that the component leaves to the data, with their values.
    """
    fields = dataclasses.fields(component) if dataclasses.is_dataclass(component) else ()
    items = [
        (_typed(field), _canonical_value(field, getattr(component, field.name)))
        for field in fields
        if field.init
        and not _is_rest(field)
        and field.name not in fitted
        and getattr(component, field.name) not in field.metadata.get("later", ())
    ]
    items += [pair for field in fields if _is_rest(field) for pair in getattr(component, field.name)]
    return str(Spec(name, tuple(sorted([*items, *((key, as_text(value)) for key, value in fitted.items())]))))


def _canonical_value(field: dataclasses.Field[Any], value: Any) -> str:
    return canonical(name_of(value), value) if "component" in field.metadata else as_text(value)


def options(factory: Callable[..., Any]) -> list[Option]:
    """The options of a component, in the order of its fields."""
    if not dataclasses.is_dataclass(factory):
        return []
    hints = _hints(factory)
    described = []
    for field in dataclasses.fields(factory):
        if not field.init:
            continue
        if _is_rest(field):
            described.append(Option("NAME", "any", "", field.metadata.get("help", ""), ""))
            continue
        default = REQUIRED if field.default is dataclasses.MISSING else as_text(field.default)
        bounds = [f"{sign} {field.metadata[key]:g}" for key, sign in SIGNS.items() if key in field.metadata]
        kind = field.metadata.get("component") or type_name(hints[field.name])
        described.append(Option(_typed(field), kind, default, field.metadata.get("help", ""),
                            ", ".join(bounds)))  # fmt: skip
    return described


def check_defaults(factory: Callable[..., Any]) -> None:
    """Raise ``SpecError`` where an option's default is not of its type or breaks its own bounds."""
    if not dataclasses.is_dataclass(factory):
        return
    hints = _hints(factory)
    for field in dataclasses.fields(factory):
        if not field.init or field.default is dataclasses.MISSING or "component" in field.metadata or _is_rest(field):
            continue
        where = f"its option '{_typed(field)}' is {as_text(field.default)} by default"
        if settable(hints[field.name]):
            convert(where, as_text(field.default), hints[field.name])
        check_bounds(where, field.default, field.metadata)


@functools.lru_cache(maxsize=256)
def _hints(factory: Any) -> Mapping[str, Any]:
    """The types of the options alone: other annotations may name what is imported for type checkers only."""
    hints: dict[str, Any] = {}
    names = {field.name for field in dataclasses.fields(factory)}
    for cls in reversed(factory.__mro__):
        own = {key: hint for key, hint in inspect.get_annotations(cls).items() if key in names}
        module = sys.modules.get(cls.__module__)
        holder = types.SimpleNamespace(__annotations__=own)
        try:
            hints.update(typing.get_type_hints(holder, vars(module) if module else {}, {cls.__name__: cls}))
        except NameError as error:
            where = f"{cls.__module__}.{cls.__name__}"
            raise SpecError(f"{where}: the type of an option cannot be read: {error}.") from None
    return hints
