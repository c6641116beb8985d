"""A trial's components are built in one place, once for all trials of their combination."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from albench.api.task import Task
from albench.components.registry import Registry
from albench.errors import UnknownName


class Names(NamedTuple):
    method: str = "fixmatch[threshold=0.9]"
    strategy: str = "margin"
    backbone: str = "cnn"


def task(*shape: int) -> Task:
    return Task("image" if len(shape) == 3 else "features", shape, 2, ("a", "b"))


def test_parts_have_the_options_of_their_specs_and_are_built_once() -> None:
    found = Registry()
    parts = found.parts(Names())
    assert [type(part).__name__ for part in parts] == ["FixMatch", "Margin", "CNN"]
    assert parts.method.threshold == 0.9  # type: ignore[attr-defined]  # FixMatch's own
    assert found.parts(Names()) is parts
    assert found.parts(Names(method="fixmatch")).method.threshold == 0.95  # type: ignore[attr-defined]


def test_the_first_part_that_cannot_run_is_named_as_the_trial_names_it() -> None:
    names = Names()
    parts = Registry().parts(names)
    assert parts.skip(names, task(1, 8, 8)) == ""
    assert parts.skip(names, task(16)).startswith("backbone cnn: ")


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'margin'"):
        Registry().parts(Names(strategy="margins"))
