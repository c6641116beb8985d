"""What a comparison and results look like where somebody types their name."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pandas as pd
import pytest

from albench.compare import compare
from albench.render import render
from albench.results.load import Results

Make = Callable[..., Results]

HOSTILE = "<script>alert(1)</script>"


class Tags(HTMLParser):
    """The tags that are open, and all that were."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_comparison_prints_as_its_table_and_is_one_line_otherwise(
    results: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    comparison = results().compare()
    assert repr(comparison) == (
        "<Comparison of 3 rows on digits by test macro_f1 (aubc), against random: 1 better, 1 not told apart>"
    )
    assert str(comparison) == render(comparison).rstrip("\n")
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, str(comparison).splitlines())) <= 60


def test_its_frame_holds_the_numbers_of_the_table(results: Make) -> None:
    comparison = results().compare()
    frame = comparison.frame
    assert list(frame["strategy"]) == [row.strategy for row in comparison.rows]
    for at, row in enumerate(comparison.rows):
        line = frame.iloc[at]
        assert line["value"] == row.value.mean
        assert line["aubc.half_width"] == row.aubc.half_width
        assert line["labels.110"] == row.cells[110].mean
        if row.difference is None:
            assert pd.isna(line["difference"])
        else:
            assert line["difference"] == row.difference.mean
            assert line["difference.p_holm"] == row.difference.p_holm
            assert line["difference.verdict"] == row.difference.verdict


@pytest.mark.parametrize("of", [lambda results: results.compare(), lambda results: results], ids=["table", "results"])
def test_a_notebook_shows_whole_elements_and_runs_no_name(results: Make, of: Callable[[Results], Results]) -> None:
    tags = Tags()
    text = of(results(strategies=("random", HOSTILE)))._repr_html_()
    tags.feed(text)
    assert tags.open == []
    assert "table" in tags.seen
    assert "script" not in tags.seen
    assert "&lt;script&gt;alert(1)" in text


def test_results_print_what_was_run_with_how_many_seeds(results: Make) -> None:
    made = results(methods=("boostmis", "supervised"))
    assert repr(made) == "<Results: 30 trials of 0 suites>"
    assert [line.split() for line in str(made).splitlines()[1:4]] == [
        ["data", "set", "method", "strategies", "seeds", "labels", "trials"],
        ["digits", "boostmis", "badge,", "entropy", "and", "random", "5", "20", "to", "110", "15"],
        ["digits", "supervised", "badge,", "entropy", "and", "random", "5", "20", "to", "110", "15"],
    ]


def test_results_without_a_round_print_too(results: Make) -> None:
    empty = Results((), results().frame.iloc[:0], results().failed)
    assert str(empty).startswith("0 trials of 0 suites.")
    assert "<table" not in empty._repr_html_()


def test_a_comparison_without_a_baseline_says_no_verdicts(results: Make) -> None:
    assert "against" not in repr(compare(results(strategies=("entropy", "badge")).frame))
