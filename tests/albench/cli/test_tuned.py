"""``albench run --tune`` and ``albench tuned``."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

Say = Callable[..., tuple[int, str]]


def test_what_was_tuned_is_shown_and_written(say: Say, toy: str) -> None:
    words = ["run", "-d", "blobs", "-m", "supervised", "-s", "random", "--plugin", toy, "--seeds", "2", "--steps", "8"]
    words += ["--initial", "12", "--query-size", "8", "--rounds", "1", "--set", "batch_size=16", "--executor", "local"]
    words += ["--set", "validation=all"]
    code, said = say(*words, "--tune", "lr=0.000001,0.1", "--tune", "ema=0.5,0.9", "--tries", "4", "--name", "s")
    assert code == 0, said
    assert "tuning: ema=0.5,0.9; lr=1e-06,0.1: 4 tries for each data set" in said
    code, said = say("tuned", "results/s")
    assert code == 0
    lines = said.splitlines()
    assert len(lines) == 3
    assert all("lr=0.1" in line for line in lines[1:])
    assert say("tuned", "--output", "t.csv") == (0, "Wrote t.csv: 2 tunings.\n")
    with Path("t.csv").open(newline="") as file:
        assert [row["tries"] for row in csv.DictReader(file)] == ["4", "4"]
    assert "write a file that ends in .csv" in say("tuned", "--output", "t.txt")[1]
    say(*words, "--name", "plain")
    code, said = say("tuned", "results/plain")
    assert (code, said.count("\n")) == (2, 1)
    assert "nothing was tuned in these results" in said


def test_what_cannot_be_tuned_is_told_in_one_line(say: Say) -> None:
    run = ["run", "-d", "digits", "-m", "supervised", "-s", "random", "--dry-run"]
    for words, told in (
        (["--tune", "lr=0.1"], "one value leaves nothing to choose"),
        (["--tune", "lr=0.1,1"], "validation none pays for none: write how many, as --set validation=1x"),
        (["--tries", "3"], "nothing is tuned"),
        (["--set", "tune=lr=0.1,1"], "use its own option --tune"),
    ):
        code, said = say(*run, *words)
        assert (code, said.count("\n")) == (2, 1), said
        assert told in said
