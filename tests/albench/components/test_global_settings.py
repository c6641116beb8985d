"""Settings of the whole process: read, compared and put back."""

from __future__ import annotations

import importlib
import os
import random
import sys
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from albench.components.global_settings import ABSENT, SETTINGS, of_libraries, put_back, snapshot


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = snapshot()
    with warnings.catch_warnings():
        yield
    for name, value in before.items():
        put_back(name, value)


def test_each_setting_is_read_where_its_library_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.import_module("numpy.random")  # NumPy itself waits with it
    assert set(snapshot()) == set(SETTINGS)
    monkeypatch.delitem(sys.modules, "torch")
    assert set(SETTINGS) - set(snapshot()) == {name for name in SETTINGS if name.startswith("torch's")}


def test_what_was_read_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITS_OWN", "1")
    before = snapshot()
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002  # the global state is what is looked at
    torch.set_default_dtype(torch.float64)
    np.seterr(all="raise")
    os.environ["ITS_OWN"] = "2"
    os.environ["MORE"] = "3"
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(sys.getrecursionlimit() + 5)
    changed = {name for name, value in snapshot().items() if value != before[name]}
    assert changed == {
        *("torch's random state", "random's state", "NumPy's global random state", "torch's default dtype"),
        *("NumPy's error handling", "os.environ", "filters of warnings", "Python's limit of recursion"),
    }
    for name in changed:
        put_back(name, before[name])
    assert snapshot() == before
    assert os.environ["ITS_OWN"] == "1"
    assert "MORE" not in os.environ


@pytest.mark.parametrize(
    ("name", "before", "now", "shown"),
    [
        ("torch's default dtype", "torch.float32", "torch.float64", " (torch.float64 in place of torch.float32)"),
        ("torch's gradient mode", True, False, " (off)"),
        ("os.environ", {"A": "1", "B": "2"}, {"A": "1", "B": "3", "C": "4"}, " (B, C)"),
        ("NumPy's error handling", {"divide": "warn", "over": "warn"}, {"divide": "raise", "over": "warn"},
         " (divide=raise)"),
        ("random's state", (1,), (2,), ""),
    ],
)  # fmt: skip
def test_a_difference_says_what_differs(name: str, before: object, now: object, shown: str) -> None:
    assert SETTINGS[name].difference(before, now) == shown


def test_what_a_library_sets_for_itself_is_added_to_what_is_compared_with() -> None:
    before = {"os.environ": {"A": "1"}, "filters of warnings": ("old",)}
    earlier = {"os.environ": {"A": "2"}, "filters of warnings": ("mine", "old")}
    now = {"os.environ": {"A": "2", "B": "3"}, "filters of warnings": ("its", "mine", "old")}
    assert of_libraries(earlier, now, before) == {
        "os.environ": {"A": "1", "B": "3"},  # what a plugin set before, A, is still its change
        "filters of warnings": ("its", "old"),
    }


def test_a_library_that_was_just_loaded_is_compared_with_what_it_comes_with() -> None:
    now = {"torch's default dtype": "torch.float64", "torch's number of threads": 3}
    assert SETTINGS["torch's number of threads"].fresh is ABSENT
    assert of_libraries({}, now, {}) == {"torch's default dtype": "torch.float32", "torch's number of threads": 3}


def test_what_an_import_left_as_it_was_changes_nothing() -> None:
    same = {"torch's default dtype": "torch.float64"}
    assert of_libraries(same, same, {"torch's default dtype": "torch.float32"}) == {}


def test_a_folder_that_is_gone_does_not_stop_what_is_put_back() -> None:
    put_back("the working folder", "/no/such/folder")
    put_back("Python's limit of recursion", 1)
