"""Which looks a run has: planned before the first, gone on with, and refused where there is nothing to decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from albench.components.registry import registry
from albench.disk.files import sealed_text
from albench.errors import SuiteError
from albench.execution.looks import Looking, looking_of
from albench.results.inventory import Inventory
from albench.results.records import FORMAT
from albench.session import suite_from


def looking(folder: Path, **changes: Any) -> Looking | None:
    given = {"dataset": "digits", "method": "supervised", "strategy": ["random", "entropy"], **changes}
    return looking_of(suite_from(**given), registry(), Inventory(folder))


def kept(folder: Path, found: Looking | None, **changes: Any) -> None:
    assert found is not None
    facts = found.kept(suite_from(dataset="digits").protocols)
    (folder / "manifest.json").write_text(sealed_text({"format": FORMAT, "looks": facts, **changes}))


def test_without_the_word_seeds_are_fixed(tmp_path: Path) -> None:
    assert looking(tmp_path) is None


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({}, (5, 10, 15, 20, 30, 50)),
        ({"seeds": 12, "max_seeds": 20}, (12, 15, 20)),
        ({"max_seeds": 4}, (4,)),
        ({"seeds": 60, "max_seeds": 60}, (60,)),
    ],
)
def test_looks_begin_at_five_seeds_or_more(tmp_path: Path, given: dict[str, Any], at: tuple[int, ...]) -> None:
    found = looking(tmp_path, until_sure="0.02", **given)
    assert found is not None
    assert found.looks.at == at
    assert (found.first, found.now, found.seeds) == (0, 0, at[0])


def test_a_run_goes_on_at_the_last_look_that_was_taken(tmp_path: Path) -> None:
    found = looking(tmp_path, until_sure="0.02")
    assert found is not None
    at_two = found.took("r1", ["entropy"]).at(1).took("r2", ["entropy"])
    kept(tmp_path, at_two)
    again = looking(tmp_path, until_sure="0.01")
    assert again is not None
    assert (again.looks, again.first, again.seeds) == (found.looks, 1, 10)
    assert [entry["seeds"] for entry in again.taken] == [5, 10]
    assert json.loads(json.dumps(again.taken[0])) == {"seeds": 5, "run": "r1", "open": ["entropy"]}
    assert not again.later
    assert again.at(2).later


def test_another_largest_number_shares_what_is_left(tmp_path: Path) -> None:
    found = looking(tmp_path, until_sure="0.02", max_seeds=10)
    assert found is not None
    kept(tmp_path, found.took("r1", ["entropy"]))
    more = looking(tmp_path, until_sure="0.02", max_seeds=20)
    assert more is not None
    assert more.looks.at == (5, 10, 15, 20)
    assert more.looks.shares[0] == found.looks.shares[0]
    assert sum(more.looks.shares) == pytest.approx(1)
    kept(tmp_path, found.took("r1", ["entropy"]).at(1).took("r2", ["entropy"]))
    with pytest.raises(SuiteError, match="max_seeds 20: the looks up to 10 seeds have used all of the 5 %"):
        looking(tmp_path, until_sure="0.02", max_seeds=20)
    same = looking(tmp_path, until_sure="0.02")
    assert same is not None
    assert same.looks == found.looks, "without a number the one that was planned counts"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"until_sure": "0.02", "strategy": ["entropy", "margin"]}, "add -s random"),
        ({"until_sure": "0.02", "strategy": "random"}, "nothing is beside the baseline"),
        ({"until_sure": "ranking", "strategy": "random"}, "one row, and nothing to rank"),
        ({"until_sure": "ranking", "strategy": ["random", "lookahead-oracle"]}, "one row, and nothing to rank"),
        ({"until_sure": "0.02", "strategy": ["random", "lookahead-oracle"]}, "nothing is beside the baseline"),
        ({"until_sure": "0.02", "seeds": [3, 4]}, "no list of them"),
        ({"max_seeds": 20}, "name both"),
    ],
)
def test_what_cannot_be_decided_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        looking(tmp_path, **changes)
