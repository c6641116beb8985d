"""What ranks: the last label count, the area under the curve, a round or a label count."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up import finals, frame, trial

from albench.compare import compare
from albench.errors import UserError

DATA = frame(*(trial(name, seed, [0.1, 0.2]) for name in ("random", "entropy") for seed in range(2)))


def test_ranking_follows_at() -> None:
    data = frame(
        *(trial("early", seed, [0.1, 0.8 + seed / 100, 0.5]) for seed in range(2)),
        *(trial("late", seed, [0.3, 0.4 + seed / 100, 0.6]) for seed in range(2)),
    )

    def first(at: str) -> str:
        return compare(data, at=at).rows[0].strategy

    assert first("final") == "late"
    assert first("aubc") == "early"
    assert (first("round:0"), first("round:1"), first("labels:200"), first("labels:300")) == (
        "late",
        "early",
        "early",
        "late",
    )
    assert compare(data, at="round:1").groups[0].ranked == 200


def test_labels_of_one_data_set_only() -> None:
    data = pd.concat([frame(*(trial("a", s, [0.1, 0.2]) for s in range(2))), finals({"a": [0.3, 0.4]}, dataset="b")])
    comparison = compare(data, at="labels:200")
    assert [group.ranked for group in comparison.groups] == [None, 200]
    assert "b: nothing is ranked, as there is no labels:200; there is 100." in comparison.notes


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("labels:250", "ranking 'labels:250': no such label count; there is 100, 200: try labels:200."),
        ("200", "ranking '200': did you mean 'labels:200'?"),
        ("round:7", "ranking 'round:7': no such round; there is 0, 1: try round:1."),
        ("round:x", "ranking 'round:x': give a whole number after 'round:', as in round:3."),
        ("labels", "ranking 'labels': give a whole number after 'labels:', as in labels:300."),
    ],
)
def test_what_there_is_is_said(at: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        compare(DATA, at=at)
    assert str(caught.value) == message
