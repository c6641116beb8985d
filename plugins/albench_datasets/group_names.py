"""Which columns of tables and which arrays say the group (patient) of an item: one list of names for all readers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from albench.api import DataError

GROUP_WORDS = ("group", "patient", "subject", "participant", "case")
GROUP = re.compile(rf"({'|'.join(GROUP_WORDS)})s?(id|ids|no|nr|number|code|key)?")
"""Names that mean groups, without separators and case; a patient may have several studies, which are none."""
LEAST_VALUES = 5
"""Fewer different values, as of a sex or a scanner, look like no patients."""
NO_GROUPS = "none"
"""Value of ``group_by`` that leaves groups out."""
HELP = "column or array that says the group (patient), where its name does not; none: no groups"
"""What ``group_by`` is, wherever it is an option."""


def bare(name: str) -> str:
    """A name without case, spaces and separators: ``Patient-ID`` and ``patient_id`` are one."""
    return re.sub(r"[\W_]+", "", name.casefold())


def means_groups(name: str, group_by: str = "") -> bool:
    """Whether a column or array of that name says the group of an item; ``group_by`` is the user's own word for it."""
    if group_by:
        return group_by != NO_GROUPS and bare(name) == bare(group_by)
    return bool(GROUP.fullmatch(bare(name)))


def the_one(names: Sequence[str], where: str, what: str) -> str:
    """The only name of those that mean groups, or "".

    Raises
    ------
    DataError
        Where there are several, naming the option that decides.
    """
    if len(names) > 1:
        raise DataError(
            f"{where}: the {what}s {' and '.join(names)} all say the group: group_by={names[0]} decides, "
            f"group_by={NO_GROUPS} leaves groups out"
        )
    return names[0] if names else ""


def looks_like_groups(values: np.ndarray, n_classes: int) -> bool:
    """Whether (N,) values are such as patients would be: many, of which most are those of several items.

    Parameters
    ----------
    n_classes
        As many or fewer values may well be the labels once more.
    """
    if values.ndim != 1 or values.dtype.kind not in "iuU" or not len(values):
        return False
    _, counts = np.unique(values, return_counts=True)
    several = max(LEAST_VALUES, n_classes + 1) <= len(counts) < len(values)
    return several and bool(2 * counts[counts > 1].sum() >= len(values))


def plain_groups(values: np.ndarray, where: str) -> np.ndarray:
    """Groups as whole numbers or text: (N, 1) becomes (N,), bytes become text, and 7.0 becomes 7.

    Raises
    ------
    DataError
        Naming the first row that is no whole number, or no text.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.dtype.kind == "S":
        try:
            return np.asarray(np.char.decode(values, "utf-8"))
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: groups that are no UTF-8 text ({error.reason}); save them as text") from None
    if values.dtype.kind == "f" and values.ndim == 1:
        wrong = np.flatnonzero(~(np.isfinite(values) & (np.trunc(values) == values) & (np.abs(values) < 2**53)))
        if len(wrong):
            raise DataError(
                f"{where}: row {wrong[0]} has the group {values[wrong[0]]:g}; groups are whole numbers or text; "
                f"group_by={NO_GROUPS} leaves them out"
            )
        return values.astype(np.int64)
    return values


def not_read(names: Sequence[str], what: str) -> str:
    """``column age not read`` or ``columns age, sex not read``; "" where all are read."""
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(names)} not read" if names else ""


def suggestion(name: str, values: np.ndarray, what: str, where: str) -> str:
    """What to type where something that is not read looks like groups."""
    n_values = len(np.unique(values))
    return (
        f"{what} {name} of {where} is not read and looks like groups ({n_values:,} values in {len(values):,} rows): "
        f"where items of one value belong together, as those of a patient, write group_by={name}"
    )
