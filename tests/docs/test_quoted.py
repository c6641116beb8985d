"""Numbers in sentences are those of the published results, and one that is not is told."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_rel
from script_modules import loaded

import albench
from albench.results.records import read_trial, trial_folders

ROOT = Path(__file__).parents[2]
WARM = ROOT / "results" / "published" / "warm"
ROWS = [("boostmis", "boostmis"), ("fixmatch", "random")]


@pytest.fixture(scope="module")
def quoted() -> Any:
    return loaded(ROOT / "docs" / "quoted.py")


def test_rows_are_those_of_the_published_table(quoted: Any) -> None:
    with (WARM / "table.csv").open(encoding="utf-8") as file:
        cells = [row for row in csv.DictReader(file) if row["metric"] == "test.macro_f1" and row["mean"]]
    for method, strategy in ROWS:
        own = [cell for cell in cells if (cell["method"], cell["strategy"]) == (method, strategy)]
        (aubc,) = {float(cell["mean"]) for cell in own if cell["kind"] == "aubc"}
        assert quoted.value(["warm", "six", f"{method}/{strategy}"]) == pytest.approx(aubc)
        at_300 = next(float(cell["mean"]) for cell in own if cell["kind"] == "labels" and cell["n_labeled"] == "300")
        assert quoted.value(["warm", "six", f"{method}/{strategy}", "labels=300"]) == pytest.approx(at_300)


def test_size_and_time_are_those_of_the_sets_page(quoted: Any) -> None:
    trials, minutes = (quoted.written(quoted.value(["warm", what]), "0") for what in ("trials", "minutes"))
    assert f"{trials} trials, {minutes} core minutes" in (WARM / "README.md").read_text(encoding="utf-8")


def test_two_rows_are_paired_by_seed(quoted: Any) -> None:
    frame = albench.load(WARM).frame
    a, b = (
        frame[(frame["method"] == method) & (frame["strategy"] == strategy) & (frame["n_labeled"] == 300)]
        .sort_values("seed")["test.macro_f1"]
        .to_numpy()
        for method, strategy in ROWS
    )
    words = ["warm", "six", *map("/".join, ROWS), "labels=300"]
    assert quoted.value(words) == pytest.approx((a - b).mean())
    assert quoted.value([*words, "p"]) == pytest.approx(ttest_rel(a, b).pvalue)
    assert quoted.value([*words, "p", "seeds=2"]) == pytest.approx(ttest_rel(a[:2], b[:2]).pvalue)


def test_what_records_say_of_pseudo_labels(quoted: Any) -> None:
    frame = albench.load(WARM).frame
    own = frame[(frame["method"] == "boostmis") & (frame["strategy"] == "boostmis")]
    words = ["warm", "six", "boostmis/boostmis"]
    assert quoted.value([*words, "accepted"]) == pytest.approx(own["pseudo_label.accepted"].mean())
    last = own[own["round"] == own["round"].max()]
    assert quoted.value([*words, "accuracy", "round=last"]) == pytest.approx(last["pseudo_label.accuracy"].mean())
    assert quoted.value([*words, "wrong", "round=last"]) == pytest.approx(1 - last["pseudo_label.accuracy"].mean())
    # before the first query the term that annotation adds is 0, after it beta; counts hardly fall
    assert quoted.value([*words, "threshold", "round=0"]) == pytest.approx(0.9, abs=0.001)
    assert quoted.value([*words, "threshold", "round=1-"]) == pytest.approx(0.95, abs=0.001)
    assert quoted.value([*words, "lowest"]) <= quoted.value([*words, "threshold", "round=0"])


def test_one_budget_of_two_and_what_is_rejected_of_a_class(quoted: Any) -> None:
    folder = ROOT / "results" / "published" / "xrays"
    results = albench.load(folder)
    own = results.frame[(results.frame["method"] == "boostmis") & (results.frame["strategy"] == "random")]
    own = own[own["protocol.initial"].astype(str) == "20"]
    words = ["xrays", "pneumonia", "boostmis/random", "initial=20"]
    assert quoted.value([*words, "accepted"]) == pytest.approx(own["pseudo_label.accepted"].mean())
    with pytest.raises(LookupError, match="no 400 labels"):
        quoted.value([*words, "labels=400"])
    trials = [read_trial(trial) for trial in trial_folders(results.folders[0])]
    last = [files.records[-1] for files in trials if files.facts["key"] in set(own["key"])]
    assert len(last) == 20
    rejected = [record["pseudo_label"]["rejected_per_class"][0] for record in last]
    assert quoted.value([*words, "rejected=0", "round=last"]) == pytest.approx(np.mean(rejected))


@pytest.mark.parametrize(
    ("value", "like", "wanted"),
    [
        (0.61149, "0.700", "0.611"),
        (0.61149, "+0.70", "+0.61"),
        (-0.0004, "0.000", "0.000"),
        (-0.0241, "+0.001", "-0.024"),
        (0.98812, "90.0 %", "98.8 %"),
        (0.000512, "1e-3", "5e-4"),
        (3.2e-12, "1e-3", "3e-12"),
        (9.6, "10", "10"),
    ],
)
def test_a_number_is_written_as_it_was(quoted: Any, value: float, like: str, wanted: str) -> None:
    assert quoted.written(value, like) == wanted


def test_a_page_is_told_and_mended(quoted: Any, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "boostmis.md"
    page.parent.mkdir()
    right = quoted.written(quoted.value(["warm", "six", "boostmis/boostmis"]), "0.000")
    wrong = f"{float(right) + 0.004:.3f}"
    text = (
        "EMA 0.999.\n\n## What it is worth here\n\n"
        "It has {}<!-- from: warm six boostmis/boostmis -->, 0.754<!-- elsewhere: a page -->, `0.123` and\n\n"
        "| 0.456 |\n"
    )
    page.write_text(text.format(right))
    assert list(quoted.wrong(page, tmp_path)) == []
    page.write_text(text.format(wrong))
    (told,) = quoted.wrong(page, tmp_path)
    assert f"docs/boostmis.md: {wrong} is {right} in 'from: warm six boostmis/boostmis'" in told
    assert list(quoted.wrong(page, tmp_path, write=True)) == []
    assert page.read_text() == text.format(right)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("AUBC 0.611", "0.611 has no"),
        ("(p = 5e-4)", "p = 5e-4 has no"),
        ("ahead by +0.0481.", "+0.0481 has no"),
        ("0.6<!-- from: nowhere six a/b -->", "no set nowhere is published"),
        ("0.6<!-- from: warm four boostmis/random -->", "'four' is in 0 of the names"),
        ("0.6<!-- from: warm six a/b -->", "no row a/b"),
        ("0.6<!-- from: warm six boostmis/random labels=7 -->", "no 7 labels, but 100, 200"),
        ("0.6<!-- from: warm six boostmis/random p -->", "p takes two"),
        ("0.6<!-- from: warm six -->", "name one row or two"),
    ],
)
def test_what_has_no_source_or_a_wrong_one_is_told(quoted: Any, tmp_path: Path, line: str, told: str) -> None:
    page = tmp_path / "docs" / "boostmis.md"
    page.parent.mkdir()
    page.write_text(f"\n## What it is worth here\n\n{line}\n")
    (problem,) = quoted.wrong(page, tmp_path)
    assert told in problem
