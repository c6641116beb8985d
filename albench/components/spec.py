"""Component specs: ``boostmis[n_neighbors=20]`` <-> name + typed options.

Grammar: ``NAME`` or ``NAME[OPTION=VALUE,...]``. A value may itself be a spec with brackets, or be quoted with ``'`` or
``"`` where it holds a comma or a bracket; inside quotes a quote that is written twice stands for itself.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from albench.errors import SpecError, nearest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PANEL = "@"
"""How the name of a panel begins (see ``albench.suite.panels``)."""
REQUIRED = "required"
"""In the place of a default, where there is none."""
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True)
class Spec:
    """A component's name and its options as text."""

    name: str
    options: tuple[tuple[str, str], ...] = ()
    alias: str = dataclasses.field(default="", compare=False)
    """What the user calls it; no part of what it is."""

    def __str__(self) -> str:
        if not self.options:
            return self.name
        return f"{self.name}[{','.join(f'{key}={_quoted(value)}' for key, value in self.options)}]"


@dataclass(frozen=True)
class Option:
    """One option of a component, for help and generated documentation."""

    name: str
    type: str
    default: str
    help: str
    bounds: str


def _quoted(value: str) -> str:
    """``value`` so that ``parse`` reads it back; nested specs stay bare."""
    try:
        _split(value)
        plain = "," not in _outside_brackets(value)
    except SpecError:
        plain = False
    if plain and value == value.strip() and value[:1] not in ("'", '"'):
        return value
    quote = "'" if '"' in value and "'" not in value else '"'
    return f"{quote}{value.replace(quote, 2 * quote)}{quote}"


def _outside_brackets(text: str) -> str:
    depth, kept = 0, []
    for char in text:
        depth += char == "["
        if depth == 0:
            kept.append(char)
        depth -= char == "]"
    return "".join(kept)


def _split(text: str) -> list[str]:
    """Split at commas that are outside brackets and quotes."""
    parts, start, depth, quote = [], 0, 0, ""
    for position, char in enumerate(text):
        if quote:
            if char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if depth < 0:
                raise SpecError(f"'{text}': unexpected ']'.")
        elif char == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    if quote:
        raise SpecError(f"'{text}': the quote {quote} is not closed.")
    if depth:
        raise SpecError(f"'{text}': '[' is not closed.")
    return [*parts, text[start:]]


def there_is(text: str) -> bool:
    """Whether a text is the path of a file or folder."""
    try:
        return Path(text).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, no home, a zero byte
        return False


def parse(text: str) -> Spec:
    """Read a spec.

    Raises
    ------
    SpecError
        Saying what is malformed and what the form is.
    """
    form = "write NAME or NAME[OPTION=VALUE,...]"
    text = text.strip()
    if not text:
        raise SpecError(f"an empty component name: {form}.")
    if len(text) > 4096:
        raise SpecError(f"a component spec of {len(text)} characters is too long (4096 at most).")
    if not text.isprintable():
        raise SpecError(f"{text!r} holds a character that cannot be seen: {form}.")
    name, bracket, rest = text.partition("[")
    name = name.strip()
    if text.startswith(PANEL):
        where = f"by itself, in the place of strategies or methods, as -s {PANEL}standard"
        raise SpecError(f"'{text}' is not a component spec: a panel stands {where}.")
    if not _NAME.fullmatch(name):
        raise SpecError(f"'{text}' is not a component spec: {form}.")
    if not bracket:
        return Spec(name)
    if not rest.endswith("]"):
        raise SpecError(f"'{text}': ']' is missing at the end.")
    options: dict[str, str] = {}
    for part in _split(rest[:-1]) if rest[:-1].strip() else []:
        key, equals, value = part.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or not _KEY.fullmatch(key):
            what = part.strip()
            meant = f"did you mean {name}[path={what}]?" if what and there_is(what) else "write OPTION=VALUE."
            raise SpecError(f"'{text}': '{what}' is not an option: {meant}")
        if key in options:
            raise SpecError(f"'{text}': option '{key}' is given twice.")
        options[key] = _unquoted(text, value)
    return Spec(name, tuple(sorted(options.items())))


def _unquoted(text: str, value: str) -> str:
    """A value without the quotes around it, inside which a quote that is written twice stands for itself."""
    quote = value[:1]
    if quote not in ("'", '"') or len(value) < 2:
        return value
    inner = value[1:-1]
    if value[-1] != quote or quote in inner.replace(2 * quote, ""):
        raise SpecError(f"{text}: {value} does not end at its closing quote; write {2 * quote} for a {quote} inside.")
    return inner.replace(2 * quote, quote)


def from_yaml(value: Any) -> Spec:
    """A spec from a suite file: a string, or ``{name: {option: value}}``."""
    if isinstance(value, str):
        return parse(value)
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, options),) = value.items()
        if isinstance(name, str) and isinstance(options or {}, Mapping):
            items = sorted((str(key), _yaml_text(item)) for key, item in (options or {}).items())
            return dataclasses.replace(parse(name), options=tuple(items))
    raise SpecError(f"{value!r} is not a component: write NAME, NAME[OPTION=VALUE,...] or NAME: {{OPTION: VALUE}}.")


def _yaml_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


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
    fields = {_typed(field): field for field in dataclasses.fields(factory) if field.init}
    values: dict[str, Any] = {}
    for key, text in spec.options:
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
            values[field.name] = _convert(f"{spec.name}[{key}=...]", text, hints[field.name])
        _check_bounds(f"{spec.name}[{key}={text}]", values[field.name], field.metadata)
    for key, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in values:
            raise SpecError(f"{spec.name} needs the option '{key}': write {spec.name}[{key}=...].")
    made = factory(**values)
    object.__setattr__(made, _NAME_OF, spec.name)  # for ``canonical``, where it is the option of another component
    return made


_NAME_OF = "_albench_name"


def _typed(field: dataclasses.Field[Any]) -> str:
    """What the user types for a field."""
    name: str = field.metadata.get("name", field.name)
    return name


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
        and field.name not in fitted
        and getattr(component, field.name) not in field.metadata.get("later", ())
    ]
    return str(Spec(name, tuple(sorted([*items, *((key, _yaml_text(value)) for key, value in fitted.items())]))))


def _canonical_value(field: dataclasses.Field[Any], value: Any) -> str:
    return canonical(getattr(value, _NAME_OF), value) if "component" in field.metadata else _yaml_text(value)


def options(factory: Callable[..., Any]) -> list[Option]:
    """The options of a component, in the order of its fields."""
    if not dataclasses.is_dataclass(factory):
        return []
    hints = _hints(factory)
    found = []
    for field in dataclasses.fields(factory):
        if not field.init:
            continue
        default = REQUIRED if field.default is dataclasses.MISSING else _yaml_text(field.default)
        bounds = [f"{sign} {field.metadata[key]:g}" for key, sign in _SIGNS.items() if key in field.metadata]
        kind = field.metadata.get("component") or _type_name(hints[field.name])
        found.append(Option(_typed(field), kind, default, field.metadata.get("help", ""),
                            ", ".join(bounds)))  # fmt: skip
    return found


def check_defaults(factory: Callable[..., Any]) -> None:
    """Raise ``SpecError`` where an option's default is not of its type or breaks its own bounds."""
    if not dataclasses.is_dataclass(factory):
        return
    hints = _hints(factory)
    for field in dataclasses.fields(factory):
        if not field.init or field.default is dataclasses.MISSING or "component" in field.metadata:
            continue
        where = f"its option '{_typed(field)}' is {_yaml_text(field.default)} by default"
        if _settable(hints[field.name]):
            _convert(where, _yaml_text(field.default), hints[field.name])
        _check_bounds(where, field.default, field.metadata)


def _settable(hint: Any) -> bool:
    """Whether a user can set an option of that type."""
    if _is_union(hint):
        return all(_settable(arg) for arg in typing.get_args(hint) if arg is not type(None))
    return typing.get_origin(hint) is Literal or hint in (bool, int, float, str, Path)


_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def _hints(factory: Any) -> dict[str, Any]:
    """The types of the options alone: other annotations may name what is imported for type checkers only."""
    found: dict[str, Any] = {}
    names = {field.name for field in dataclasses.fields(factory)}
    for cls in reversed(factory.__mro__):
        own = {key: hint for key, hint in inspect.get_annotations(cls).items() if key in names}
        module = sys.modules.get(cls.__module__)
        holder = types.SimpleNamespace(__annotations__=own)
        try:
            found.update(typing.get_type_hints(holder, vars(module) if module else {}, {cls.__name__: cls}))
        except NameError as error:
            where = f"{cls.__module__}.{cls.__name__}"
            raise SpecError(f"{where}: the type of an option cannot be read: {error}.") from None
    return found


def _type_name(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return "|".join(str(value) for value in typing.get_args(hint))
    if _is_union(hint):
        return "|".join(_type_name(arg) for arg in typing.get_args(hint))
    if hint is type(None):
        return "none"
    return getattr(hint, "__name__", str(hint))


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _convert(where: str, text: str, hint: Any) -> Any:
    """``text`` as the type that the option declares."""
    if _is_union(hint):
        args = typing.get_args(hint)
        if type(None) in args and text.lower() == "none":
            return None
        for arg in (arg for arg in args if arg is not type(None)):
            try:
                return _convert(where, text, arg)
            except SpecError:
                continue
        raise SpecError(f"{where}: '{text}' is not {_type_name(hint)}.")
    if typing.get_origin(hint) is Literal:
        for value in typing.get_args(hint):
            if text == str(value):
                return value
        names = [str(value) for value in typing.get_args(hint)]
        close = nearest(text, names)
        raise SpecError(f"{where}: '{text}' is not one of {', '.join(names)}"
                        + (f"; did you mean '{close}'?" if close else "."))  # fmt: skip
    if hint is bool:
        if text.lower() not in _WORDS:
            raise SpecError(f"{where}: '{text}' is not true or false.")
        return _WORDS[text.lower()]
    if hint is int:
        count = whole(text)
        if count is None:
            raise SpecError(f"{where}: '{text}' is not a whole number.")
        return count
    if hint is float:
        try:
            number = float(text)
        except ValueError:
            raise SpecError(f"{where}: '{text}' is not a number.") from None
        if not math.isfinite(number):
            raise SpecError(f"{where}: '{text}' is not a finite number.")
        return number
    if hint is Path:
        return Path(text)
    if hint is str:
        return text
    raise SpecError(f"{where}: options of type {_type_name(hint)} cannot be set from text.")


def whole(text: str) -> int | None:
    """The whole number that a text is, as ``16``, ``016``, ``1_000``, ``16.0`` or ``1e3``; else None."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else None


def _check_bounds(where: str, value: Any, metadata: Mapping[str, Any]) -> None:
    checks: dict[str, Callable[[Any, Any], bool]] = {
        "ge": lambda v, bound: v >= bound,
        "gt": lambda v, bound: v > bound,
        "le": lambda v, bound: v <= bound,
        "lt": lambda v, bound: v < bound,
    }
    if value is None:
        return
    for key, holds in checks.items():
        if key in metadata and not holds(value, metadata[key]):
            raise SpecError(f"{where}: must be {_SIGNS[key]} {metadata[key]:g}.")
    allowed = metadata.get("choices")
    if allowed is not None and value not in allowed:
        raise SpecError(f"{where}: must be one of {', '.join(map(str, allowed))}.")
