"""Typed options: a component is a frozen dataclass, its fields are what the user may set in ``name[option=value]``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from albench.api.kinds import Kind


def option(
    default: Any = dataclasses.MISSING,
    help: str = "",
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: Sequence[Any] | None = None,
    name: str | None = None,
    component: Kind | None = None,
    later: bool | Sequence[Any] = False,
    rest: bool = False,
) -> Any:
    """A field of a component that the user can set, with its bounds and one line of help.

    Parameters
    ----------
    default
        The value where the user gives none; without one the option is required.
    help
        One line for ``albench show``.
    ge, gt, le, lt
        Bounds, checked before anything runs.
    choices
        The allowed values.
    name
        What the user types, where it differs from the field's name.
    component
        The kind of component that the option takes: the user types a spec, the field holds the component built from it.
    later
        True where results were stored before the component had this option and its default is what was in force then;
        or all values that leave records as they were then. At these it is no part of a trial's key, so that those
        results go on.
    rest
        True for the field of type ``tuple[tuple[str, str], ...]`` that holds what is typed beside the other options,
        each as its name and its text, sorted: what another library's class may be made with.
    """
    metadata = {"help": help, "ge": ge, "gt": gt, "le": le, "lt": lt, "choices": choices}
    metadata |= {"name": name, "component": component, "later": (default,) if later is True else later or None}
    metadata |= {"rest": rest or None}
    return dataclasses.field(default=default, metadata={k: v for k, v in metadata.items() if v is not None})
