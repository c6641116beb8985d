"""The table on a terminal: it fits, cuts nothing, and keeps what ranks."""

from __future__ import annotations

import re

import pytest
from rendered import header, shared_first_round, shown, stand_in_records

from albench.compare import Comparison, compare


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_the_terminal_fits_and_cuts_nothing(comparison: Comparison, width: int) -> None:
    text = shown(comparison, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    joined = re.sub(r"\s", "", text)
    for row in comparison.rows:
        assert f"{row.aubc.mean:.3f}±{row.aubc.half_width:.3f}" in joined  # what ranks is always there
        assert all(part in joined for part in (row.method, row.strategy.split("[")[0]))
    assert "[density=none]" in joined
    titles = len(re.findall(r"[\d,]+ labels", header(text)))
    hidden = re.search(r"Hidden: (\d) of 6 label counts", text)
    assert titles + (int(hidden[1]) if hidden else 0) == 6


def test_the_terminal_keeps_last_first_and_middle() -> None:
    data = stand_in_records(rounds=12, methods=("boostmis",), names=("random", "entropy"))
    text = shown(compare(data), 120)
    titles = re.findall(r"([\d,]+) labels", header(text))
    assert titles[0] == "100"
    assert titles[-1] == "1,200"
    assert any(300 < int(title.replace(",", "")) < 1000 for title in titles)
    narrow = shown(compare(data), 80)
    assert "Hidden: 9 of 12 label counts (200, 300, ... 1,100)" in narrow
    assert re.findall(r"([\d,]+) labels", header(narrow))[-1] == "1,200"
    assert " 100 labels" in header(narrow)


def test_what_ranks_is_never_hidden() -> None:
    data = stand_in_records(rounds=12)
    text = shown(compare(data, at="labels:700"), 80)
    assert "700 labels" in header(text)


def test_names_are_not_taken_for_markup() -> None:
    text = shown(compare(stand_in_records(names=("random", "[bold]x[/bold]", "[red]"))), 200)
    assert "[bold]x[/bold]" in text
    assert "[red]" in text


def test_thirty_three_rows_fit_eighty_columns_with_what_answers() -> None:
    names = ("random", *(f"stochastic[of=strategy_{at}]" for at in range(32)))
    found = compare(shared_first_round(methods=("boostmis",), names=names))
    text = shown(found, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert {"600 labels", "AUBC", "vs random"} <= set(re.findall(r"\d+ labels|AUBC|vs random", header(text)))
    rows = text.partition("─\n")[2].partition("\n\n")[0].splitlines()
    assert len([line for line in rows if "±" in line or "baseline" in line]) == 33
