"""One option's text as the type that its field declares, within its bounds."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from albench.errors import SpecError, nearest

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
"""Names of bounds in ``albench.api.option`` -> how they are shown."""


def settable(hint: Any) -> bool:
    """Whether a user can set an option of that type."""
    if _is_union(hint):
        return all(settable(arg) for arg in typing.get_args(hint) if arg is not type(None))
    return typing.get_origin(hint) is Literal or hint in (bool, int, float, str, Path)


def type_name(hint: Any) -> str:
    """A type as help shows it: ``int``, ``power|softmax``, ``float|none``."""
    if typing.get_origin(hint) is Literal:
        return "|".join(str(value) for value in typing.get_args(hint))
    if _is_union(hint):
        return "|".join(type_name(arg) for arg in typing.get_args(hint))
    if hint is type(None):
        return "none"
    return getattr(hint, "__name__", str(hint))


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def convert(where: str, text: str, hint: Any) -> Any:
    """``text`` as the type that the option declares.

    Parameters
    ----------
    where
        What an error begins with: the component and the option.

    Raises
    ------
    SpecError
        Where it is none of that type.
    """
    if _is_union(hint):
        args = typing.get_args(hint)
        if type(None) in args and text.lower() == "none":
            return None
        for arg in (arg for arg in args if arg is not type(None)):
            try:
                return convert(where, text, arg)
            except SpecError:
                continue
        raise SpecError(f"{where}: '{text}' is not {type_name(hint)}.")
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
    raise SpecError(f"{where}: options of type {type_name(hint)} cannot be set from text.")


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


def check_bounds(where: str, value: Any, metadata: Mapping[str, Any]) -> None:
    """Raise ``SpecError`` where a value breaks a bound of its field or is none of its choices."""
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
            raise SpecError(f"{where}: must be {SIGNS[key]} {metadata[key]:g}.")
    allowed = metadata.get("choices")
    if allowed is not None and value not in allowed:
        raise SpecError(f"{where}: must be one of {', '.join(map(str, allowed))}.")
