"""What records keep of test items: as the metrics took them, small, and refused where it is damaged."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest

from albench.item_predictions import KEY, facts_of, labelled_of, predictions_of, record_of


@pytest.mark.parametrize("n_classes", [3, 300])
def test_the_predicted_class_is_the_first_of_the_largest(n_classes: int) -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(n_classes), 500)
    probs[0] = 1 / n_classes
    found = predictions_of({KEY: record_of(probs)})
    assert found is not None
    assert found.log_odds is None
    assert found.predicted.tolist() == probs.argmax(axis=1).tolist()
    assert found.predicted[0] == 0


def test_log_odds_of_two_classes_say_the_class_however_close_or_far() -> None:
    one = np.array([0.5, 0.5 + 1e-12, 0.5 - 1e-12, 0.0, 1.0, 0.9, 1e-300])
    probs = np.stack([1 - one, one], axis=1)
    found = predictions_of({KEY: record_of(probs)})
    assert found is not None
    assert found.log_odds is not None
    assert found.predicted.tolist() == probs.argmax(axis=1).tolist() == [0, 1, 0, 0, 1, 1, 0]
    assert np.isfinite(found.log_odds).all()
    assert found.log_odds[5] == pytest.approx(np.log(9), rel=1e-3)


def test_a_thousand_items_take_little_room() -> None:
    rng = np.random.default_rng(0)
    many = record_of(rng.dirichlet(np.full(6, 0.3), 1000))
    two = record_of(rng.dirichlet(np.full(2, 0.3), 1000))
    assert len(str(many)) < 800
    assert len(str(two)) < 2900


def test_labels_and_groups_of_a_split_come_back_without_names() -> None:
    y = np.array([0, 2, 1, 1])
    stored = facts_of(y, np.array(["anna", "bert", "anna", "cleo"]))
    assert "anna" not in str(stored)
    assert "YW5uYQ" not in str(stored)
    found = labelled_of({KEY: stored, "class_names": ["a", "b", "c"]})
    assert found is not None
    assert found.named
    assert found.y.tolist() == [0, 2, 1, 1]
    assert found.groups.tolist() == [0, 1, 0, 2]
    alone = labelled_of({KEY: facts_of(y, None), "class_names": ["a", "b", "c"]})
    assert alone is not None
    assert not alone.named
    assert alone.groups.tolist() == [0, 1, 2, 3]


def test_what_earlier_versions_wrote_holds_none() -> None:
    assert labelled_of({"class_names": ["a", "b"]}) is None
    assert predictions_of({"round": 0}) is None


BOMB = base64.b64encode(zlib.compress(b"\0" * (2**28 + 1))).decode()


@pytest.mark.parametrize(
    "text", ["", "u1:", "u1:!!", "u1:AAAA", "O:AAAA", "<f8:AAAA", f"u1:{BOMB}"], ids=lambda text: text[:9] or "nothing"
)
def test_damaged_ones_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        predictions_of({KEY: {"predicted": text}})


@pytest.mark.parametrize(
    "stored",
    [
        {**facts_of(np.array([0, 1]), None), "groups": facts_of(np.array([0, 1, 2]), None)["y"]},
        facts_of(np.array([0, 2]), None),
        {**facts_of(np.array([0, 1]), None), "groups": facts_of(np.array([0, 9]), None)["y"]},
    ],
    ids=["other length", "no such class", "no such group"],
)
def test_labels_and_groups_that_do_not_belong_together_are_refused(stored: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        labelled_of({KEY: stored, "class_names": ["a", "b"]})
