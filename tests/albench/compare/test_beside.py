"""What sees labels, and full supervision, stand beside a comparison: it is the same with and without them."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from made_up import curve_records, frame, made_results, trial

from albench.compare import compare, learning_curve_table
from albench.compare.beside import chosen_of, parted
from albench.compare.choose import Choice
from albench.errors import UserError

BLIND = made_results().frame
SEEING = made_results(strategies=["seer"], gains=[0.5], noise=0.0).frame.assign(sees_labels=True)
BOTH = pd.concat([BLIND, SEEING], ignore_index=True)


def with_full(values: list[float], **facts: object) -> pd.DataFrame:
    """Curves of two strategies on a pool of 1,000, and rows of full supervision: a seed a value."""
    curves = curve_records({"random": [[0.2, 0.4]] * 3, "entropy": [[0.3, 0.5]] * 3}, [100, 200], method="supervised")
    full = curve_records({"random": [[v] for v in values]}, [1000], method="supervised", protocol="whole")
    return pd.concat([curves, full.assign(**facts)], ignore_index=True)


def test_no_rank_test_or_correction_knows_of_what_sees_labels() -> None:
    alone, both = compare(BLIND), compare(BOTH)
    without = [dataclasses.replace(group, aside=()) for group in both.groups]
    assert repr(without) == repr([*alone.groups]), "every mean, p-value, rank and mark; NaN is not itself"
    assert both.n_tests == 2
    assert (both.n_tests, both.wins, both.overall, both.notes) == (
        alone.n_tests,
        alone.wins,
        alone.overall,
        alone.notes,
    )
    assert both.baseline == alone.baseline
    (row,) = both.groups[0].aside
    assert row.sees_labels
    assert (row.strategy, row.rank, row.difference, row.value.best) == ("seer", None, None, False)
    assert row.value.mean > max(each.value.mean for each in both.rows), "it would have been first"


def test_rows_that_stand_aside_are_over_their_own_seeds() -> None:
    some = SEEING[SEEING["seed"] < 2]
    (row,) = compare(pd.concat([BLIND, some])).groups[0].aside
    assert row.seeds == (0, 1)
    count = 20 + 15 * 6
    expected = some[some["n_labeled"] == count]["test.macro_f1"].mean()
    assert row.cells[count].mean == pytest.approx(expected)
    assert row.cells[count].n == 2


def test_the_frame_of_a_comparison_has_a_column_for_them() -> None:
    found = compare(BOTH).frame
    assert found.set_index("strategy")["sees_labels"].to_dict() == {
        **dict.fromkeys(["random", "entropy", "badge"], False),
        "seer": True,
    }
    assert found.set_index("strategy")["rank"].isna().to_dict()["seer"]


def test_what_sees_labels_alone_is_not_compared() -> None:
    with pytest.raises(UserError, match=r"seer sees labels and is never ranked.* as albench run -s random"):
        compare(SEEING)


def test_where_it_has_no_table_to_stand_beside_a_note_says_so() -> None:
    elsewhere = SEEING.assign(dataset="other")
    assert "seer of other has nothing to stand beside." in compare(pd.concat([BLIND, elsewhere])).notes


def test_full_supervision_is_a_line_and_no_table() -> None:
    comparison = compare(with_full([0.8, 0.9, 1.0]))
    (group,) = comparison.groups
    assert not [note for note in comparison.notes if "protocols" in note]
    (full,) = group.full
    assert (full.backbone, full.method, full.n_labeled, full.estimate.n) == ("b", "supervised", 1000, 3)
    assert full.estimate.mean == pytest.approx(0.9)
    without = compare(with_full([]))
    assert repr(dataclasses.replace(group, full=())) == repr(without.groups[0])
    assert comparison.n_tests == without.n_tests


def test_of_several_protocols_the_best_counts() -> None:
    both = pd.concat([with_full([0.8] * 3), with_full([0.7] * 3, protocol="other")]).drop_duplicates(
        ["strategy", "seed", "protocol", "n_labeled"]
    )
    (full,) = compare(both).groups[0].full
    assert full.estimate.mean == pytest.approx(0.8)


def test_a_share_of_full_is_of_it() -> None:
    group = compare(with_full([0.8] * 3), target="50%-of-full").groups[0]
    assert group.target == pytest.approx(0.4)
    assert group.rows[0].reach is not None
    assert group.rows[0].reach.labels == pytest.approx(150), "entropy: from 0.3 at 100 to 0.5 at 200"


def test_what_is_more_than_the_baseline_at_all_labels_is_a_table_like_any() -> None:
    """Methods compared on the labels of the whole pool; and results that are of nothing else."""
    others = curve_records({"random": [[0.7]] * 3}, [1000], method="m", protocol="whole")
    mixed = pd.concat([with_full([0.8] * 3), others])
    assert len(compare(mixed).groups) == 2
    assert parted(mixed).full.empty
    alone = with_full([0.8] * 3).query("protocol == 'whole'")
    assert len(compare(alone).groups) == 1


def test_curves_are_told_of_both() -> None:
    tables = learning_curve_table(pd.concat([with_full([0.8] * 3), _seeing()]), metrics=["macro_f1"])
    assert {table.strategy: table.sees_labels for table in tables} == {"random": False, "entropy": False, "seer": True}
    assert all(table.full["macro_f1"].mean == pytest.approx(0.8) for table in tables)


def _seeing() -> pd.DataFrame:
    return curve_records({"seer": [[0.5, 0.9]] * 3}, [100, 200], method="supervised", sees_labels=True)


def test_names_keep_the_full_supervision_of_their_data_sets() -> None:
    rows = pd.concat([with_full([0.8] * 3), frame(trial("random", 0, [0.1]))])
    kept = chosen_of(rows, Choice(datasets=["d"], strategies=["entropy"], baseline=""))
    assert set(zip(kept["protocol"], kept["strategy"], strict=True)) == {("p", "entropy"), ("whole", "random")}
