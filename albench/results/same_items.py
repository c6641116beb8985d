"""Which items a trial's data set holds, however they are read: two with the same ones are one data set."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

from albench.components import spec as specs
from albench.errors import SpecError
from albench.item_predictions import labelled_of
from albench.suite.identity import TASK

COLUMN = "items"
"""Names what a data set's items are; empty where that is not known."""
READ_AS = (TASK - {"classes", "ordinal"}) | {"size", "mode", "resolution", "equal_items", "on_error"}
"""Options that say how an item is read or seen, not which items there are."""


def items_of(facts: Mapping[str, Any]) -> str:
    """Names the items of a trial's data set: the same for pixels, at any size, and for what any encoder makes of them.

    They are known by where they come from, which is the data set with all its options but those of ``READ_AS``, of
    encoded data that of the items themselves; and by the classes and the label of each test item, so that another task
    on the same items is another data set.

    Parameters
    ----------
    facts
        ``trial.json``. Without test items, as before these were kept, nothing is known.

    Raises
    ------
    ValueError
        Where its test items are not what albench writes.
    """
    test = labelled_of(facts)
    if test is None:
        return ""
    source = _source(str(facts.get("resolved", {}).get("dataset") or facts["dataset"]))
    content = repr((source, test.class_names)).encode() + test.y.tobytes()
    return hashlib.blake2b(content, digest_size=8).hexdigest()


@functools.lru_cache(maxsize=4096)
def _source(resolved: str) -> str:
    """The innermost data set, without what says how its items are read."""
    try:
        spec = specs.parse(resolved)
    except SpecError:  # not albench's
        return resolved
    options = dict(spec.options)
    if "of" in options:
        return _source(options["of"])
    return repr((spec.name, sorted((name, value) for name, value in options.items() if name not in READ_AS)))
