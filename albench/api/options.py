"""Typed options: a component is a frozen dataclass, its fields are what the user may set in ``name[option=value]``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any


def option(
    default: Any = dataclasses.MISSING,
    help: str = "",
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: Sequence[Any] | None = None,
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
    """
    metadata = {"help": help, "ge": ge, "gt": gt, "le": le, "lt": lt, "choices": choices}
    return dataclasses.field(default=default, metadata={k: v for k, v in metadata.items() if v is not None})
