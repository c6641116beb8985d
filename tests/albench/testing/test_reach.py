"""Labels are found wherever an object leads to them, and are not found where it does not."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch

from albench.testing.reach import holders, reachable

SECRET = np.arange(40) % 7


class Slotted:
    __slots__ = ("kept",)

    def __init__(self, kept: Any) -> None:
        self.kept = kept


@dataclass
class Held:
    kept: Any = field(default_factory=list)

    def method(self) -> None: ...


def closure(value: Any) -> Any:
    return lambda: value


def generator(value: Any) -> Any:
    yield value


def default(value: Any) -> Any:
    def function(x: int = 0, *, y: Any = value) -> None: ...

    return function


WAYS = {
    "attribute": Held,
    "slot": Slotted,
    "method": lambda value: Held(value).method,
    "closure": closure,
    "default": default,
    "partial": lambda value: functools.partial(print, value),
    "generator": generator,
    "dictionary": lambda value: {"a": [(value,)]},
    "view": lambda value: np.concatenate([value, value])[:3],
    "slice of a tensor": lambda value: torch.from_numpy(np.concatenate([value, value]))[:3],
    "base of a tensor": lambda value: torch.from_numpy(value.copy())[:1].unsqueeze(0),
    "list of numbers": lambda value: value.tolist(),
}


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32, np.float64])
def test_labels_are_found_in_every_width(kind: type) -> None:
    assert holders([SECRET.astype(kind)], {"train": SECRET}) == ["train at [0]"]


@pytest.mark.parametrize("way", sorted(WAYS))
def test_labels_are_found_by_every_way(way: str) -> None:
    found = holders(Held(WAYS[way](SECRET)), {"train": SECRET})
    assert found
    assert all(line.startswith("train at .kept") for line in found)


def test_other_numbers_are_no_labels() -> None:
    other = np.random.default_rng(0).permutation(SECRET)
    assert holders([other, {"a": torch.from_numpy(other)}], {"train": SECRET}) == []


def test_each_object_is_met_once_and_circles_end() -> None:
    one: list[Any] = []
    one += [one, {"again": one}]
    assert [path for path, value in reachable(one) if value is one] == [""]
