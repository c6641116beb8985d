"""Options: a field with what is told of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from albench.api import option


@dataclass(frozen=True)
class Mine:
    size: int = option(help="how many", ge=1)
    share: float = option(0.5, "of all", gt=0, lt=1, later=True)
    kind: str = option("a", choices=("a", "b"), name="of", later=("a", "b"))


def test_what_is_told_of_a_field_is_its_metadata_and_nothing_else() -> None:
    fields = {field.name: dict(field.metadata) for field in dataclasses.fields(Mine)}
    assert fields == {
        "size": {"help": "how many", "ge": 1},
        "share": {"help": "of all", "gt": 0, "lt": 1, "later": (0.5,)},
        "kind": {"help": "", "choices": ("a", "b"), "name": "of", "later": ("a", "b")},
    }


def test_an_option_without_a_default_is_required() -> None:
    assert Mine(3).share == 0.5
    with pytest.raises(TypeError, match="size"):
        Mine()  # type: ignore[call-arg]
