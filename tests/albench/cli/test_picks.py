"""``albench picks``: which queries are shown, and where they are written."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_suites import make_suite

Inside = Callable[..., subprocess.CompletedProcess[str]]
Refuse = Callable[..., str]


@pytest.fixture(autouse=True)
def suite(tmp_path: Path) -> Path:
    return make_suite(tmp_path / "results" / "s", "random", "entropy")


def test_what_is_named_alone_is_written(inside: Inside) -> None:
    done = inside("picks", "-s", "entropy", "--seed", "1", "--output", "picks.csv")
    assert done.returncode == 0, done.stderr
    with Path("picks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["strategy"], row["seed"]) for row in rows} == {("entropy", "1")}
    assert [row["id"] for row in rows] == ["0", "1"]  # each round bought the item of its number
    assert done.stdout.startswith("Wrote picks.csv: 2 items.")


def test_names_that_are_not_there_are_told_with_the_nearest(refuse: Refuse) -> None:
    assert "did you mean 'entropy'?" in refuse("picks", "-s", "entrpy")
    assert "picks.txt" in refuse("picks", "--output", "picks.txt")
