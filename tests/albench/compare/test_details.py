"""What a row shows beside its means: labels to a target that is a share of full, and its interval."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up import curve_records

from albench.compare import compare
from albench.errors import UserError

NAN, INF = float("nan"), float("inf")

LABELS = [100, 200, 400]


def test_the_interval_of_labels_to_a_target_says_when_it_is_not_always_reached() -> None:
    curves = [[0.2, 0.4, 0.6], [0.2, 0.4, 0.9], [0.2, 0.3, 0.4], [0.2, 0.4, 0.8], [0.1, 0.3, 0.5]]
    row = compare(curve_records({"random": curves}, LABELS), target="0.55").rows[0]
    assert row.reach is not None
    assert 200 < row.reach.labels < 400
    assert row.reach.low < row.reach.labels
    assert row.reach.high == INF


def test_a_share_of_full_is_of_the_best_trained_on_the_whole_pool() -> None:
    part = curve_records({"random": [[0.2, 0.4, 0.8], [0.2, 0.4, 0.8]]}, LABELS)
    full = part[part["round"] == 0].assign(protocol="full", n_labeled=1000, **{"test.macro_f1": 0.8})
    comparison = compare(pd.concat([part, full]), target="75%-of-full")
    group = next(group for group in comparison.groups if group.protocol == "p")
    assert group.target == pytest.approx(0.6)
    assert group.rows[0].reach is not None
    assert group.rows[0].reach.labels == pytest.approx(300)


def test_no_full_labels_says_what_to_run() -> None:
    with pytest.raises(UserError, match=r"albench run -d d -m supervised -s random --initial 100% --rounds 1"):
        compare(curve_records({"random": [[0.2, 0.4, 0.8]]}, LABELS), target="95%-of-full")
