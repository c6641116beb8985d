"""A group's arrays, row by row, seed by seed and label count by label count."""

from __future__ import annotations

import numpy as np
from made_up import frame, trial

from albench.compare.gather import gather

NAN = float("nan")


def test_values_lie_where_their_row_seed_and_label_count_are() -> None:
    data = frame(trial("b", 7, [0.1, 0.2]), trial("a", 7, [0.3]), trial("a", 2, [0.4, 0.5]))
    (block,), _ = gather(data, ["test.macro_f1"])
    assert block.names == [("mlp", "supervised", "a"), ("mlp", "supervised", "b")]
    assert (block.seeds.tolist(), block.n_labeled.tolist()) == ([2, 7], [100, 200])
    np.testing.assert_array_equal(block.values["test.macro_f1"], [[[0.4, 0.5], [0.3, NAN]], [[NAN, NAN], [0.1, 0.2]]])
    assert block.recorded.tolist() == [[[True, True], [True, False]], [[False, False], [True, True]]]
    assert block.rounds == {0: 100, 1: 200}
    assert {place: suite for place, (suite, _) in block.trials.items()} == {(0, 0): "s", (0, 1): "s", (1, 1): "s"}


def test_a_value_that_is_undefined_has_a_record_all_the_same() -> None:
    (block,), _ = gather(frame(trial("a", 0, [NAN, 0.2])), ["test.macro_f1", "seconds.train"])
    assert block.recorded.all()
    assert np.isnan(block.values["test.macro_f1"][0, 0, 0])
    assert block.values["seconds.train"].tolist() == [[[1.0, 1.0]]]
