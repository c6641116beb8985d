"""The numbers of a round's record, for trackers that draw curves."""

from __future__ import annotations

from typing import Any

GROUPS = ("test", "val", "training", "pseudo_label", "query", "seconds")
"""The parts of a record that hold numbers worth a curve."""


def scalars(record: dict[str, Any]) -> dict[str, float]:
    """The numbers of a record by name, such as ``"test/macro_f1"`` and ``"training/loss"``.

    Of a training curve it is the last point, the mean over the round's last steps. What has no value (None), texts and
    counts per class are left out.
    """
    found: dict[str, float] = {}
    for group in GROUPS:
        _collect(group, record.get(group), found)
    return found


def _collect(name: str, value: Any, found: dict[str, float]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _collect(f"{name}/{key}", inner, found)
    elif isinstance(value, list) and value and name.startswith("training/"):
        _collect(name, value[-1], found)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found[name] = float(value)
