"""Results where somebody types their name; and what a notebook shows of them, and of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from made_up import made_results

from albench.results.results import Results

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


@pytest.mark.parametrize("of", [lambda results: results.compare(), lambda results: results], ids=["table", "results"])
def test_a_notebook_shows_whole_elements_and_runs_no_name(of: Callable[[Results], Results]) -> None:
    tags = Tags()
    text = of(made_results(strategies=("random", HOSTILE)))._repr_html_()
    tags.feed(text)
    assert tags.open == []
    assert "table" in tags.seen
    assert "script" not in tags.seen
    assert "&lt;script&gt;alert(1)" in text


def test_results_print_what_was_run_with_how_many_seeds() -> None:
    made = made_results(methods=("boostmis", "supervised"))
    assert repr(made) == "<Results: 30 trials of 0 suites>"
    assert [line.split() for line in str(made).splitlines()[1:4]] == [
        ["data", "set", "method", "strategies", "seeds", "labels", "trials"],
        ["digits", "boostmis", "badge,", "entropy", "and", "random", "5", "20", "to", "110", "15"],
        ["digits", "supervised", "badge,", "entropy", "and", "random", "5", "20", "to", "110", "15"],
    ]


def test_results_without_a_round_print_too() -> None:
    empty = Results((), made_results().frame.iloc[:0], made_results().failed)
    assert str(empty).startswith("0 trials of 0 suites.")
    assert "<table" not in empty._repr_html_()
