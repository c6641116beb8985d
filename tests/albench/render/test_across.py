"""The table over data sets: rows that share a letter are not told apart."""

from __future__ import annotations

from made_up_tables import NAN, comparison, gap, of, row

from albench.compare.estimates import Chance
from albench.compare.tables import Overall, OverallRow
from albench.render.across import overall_columns, overall_facts

ROWS = tuple(
    OverallRow("", "m", name, rank, 0.8, 0.75, 0.85, 20, chance, difference)
    for name, rank, chance, difference in (
        ("a", 1.25, Chance(0.9, 0.8, 0.95), gap(0.04, "better", n=20)),
        ("b", 2.0, Chance(0.5, 0.4, 0.6), gap(0.01, "~", n=20)),
        ("random", 2.75, None, None),
    )
)
OVERALL = Overall(("d", "e"), ROWS, 0.0416, 1.2, ((0, 1), (1, 2)), ())


def test_each_row_has_its_rank_its_letters_and_its_difference() -> None:
    found = comparison(of(row("a", 0.9)), overall=OVERALL)
    columns = {column.title: [cell.text for cell in column.cells] for column in overall_columns(OVERALL, found)}
    assert columns["mean rank"] == ["1.25", "2.00", "2.75"]
    assert columns["alike"] == ["a", "ab", "b"]
    assert columns["IQM [95 %]"] == ["0.800 [0.750, 0.850]"] * 3
    assert columns["P(better)"] == ["0.90 [0.80, 0.95]", "0.50 [0.40, 0.60]", "–"]
    assert columns["vs random"][0].startswith("+0.040 ± 0.029")


def test_how_it_is_to_be_read_is_told() -> None:
    assert overall_facts(OVERALL) == [
        "over 2 data sets: d, e",
        "Friedman's test that all are alike: p 0.042",
        "critical difference of mean ranks (Nemenyi, 5 %): 1.20",
    ]
    few = Overall(("d", "e"), ROWS[:2], NAN, 1.2, (), ())
    assert not any("Friedman" in line for line in overall_facts(few))
