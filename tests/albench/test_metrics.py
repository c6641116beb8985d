"""Metrics against scikit-learn on random, tied and skewed predictions, and by hand where a class is absent."""

from __future__ import annotations

import itertools
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from albench.errors import TrialError
from albench.metrics import calibration_error, log_loss, metrics

SKEW = {2: (0.9, 0.1), 3: (0.8, 0.15, 0.05), 6: (0.72, 0.08, 0.09, 0.04, 0.03, 0.04)}


def sample(n: int, n_classes: int, seed: int, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    """Skewed labels and float32 probabilities that know something of them; with ``ties`` on a coarse grid."""
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(n_classes), rng.choice(n_classes, n - n_classes, p=SKEW[n_classes])])
    logits = rng.standard_normal((n, n_classes)) + 1.5 * np.eye(n_classes)[y]
    if ties:
        logits = np.rint(logits)
    probs = np.exp(logits)
    return (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32), y


def names(n_classes: int) -> tuple[str, ...]:
    return tuple(f"c{label}" for label in range(n_classes))


def expected(probs: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The same by scikit-learn."""
    n_classes = probs.shape[1]
    predicted = probs.argmax(axis=1)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(y, predicted, average="macro", zero_division=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns where a predicted class is absent from y
        balanced = sk.balanced_accuracy_score(y, predicted)
    found = {
        "accuracy": sk.accuracy_score(y, predicted),
        "balanced_accuracy": balanced,
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
        "quadratic_weighted_kappa": sk.cohen_kappa_score(y, predicted, labels=range(n_classes), weights="quadratic"),
    }
    present = [label for label in range(n_classes) if 0 < (y == label).sum() < len(y)]
    if n_classes == 2:
        present = [1]
        fpr, tpr, _ = sk.roc_curve(y, probs[:, 1], drop_intermediate=False)
        found["sensitivity_at_95_specificity"] = tpr[fpr <= 0.05 + 1e-12].max()
    found["auroc"] = np.mean([sk.roc_auc_score(y == label, probs[:, label]) for label in present])
    found["average_precision"] = np.mean([sk.average_precision_score(y == label, probs[:, label]) for label in present])
    recalls = sk.recall_score(y, predicted, labels=range(n_classes), average=None, zero_division=np.nan)
    small = [label for label in range(n_classes) if 0 < (y == label).sum() < len(y) / n_classes]
    found["minority_recall"] = np.mean(recalls[small]) if small else np.nan
    return found | {f"recall.c{label}": value for label, value in enumerate(recalls)}


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 6])
@pytest.mark.parametrize("n", [25, 1077])
def test_agrees_with_scikit_learn(n: int, n_classes: int, ties: bool) -> None:
    probs, y = sample(n, n_classes, seed=n + n_classes, ties=ties)
    found = metrics(probs, y, names(n_classes), ordinal=True)
    assert found.pop("ece") >= 0
    assert found == pytest.approx(expected(probs, y), rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 6]), st.integers(8, 60), st.booleans())
def test_agrees_with_scikit_learn_on_any_small_sample(seed: int, n_classes: int, n: int, ties: bool) -> None:
    probs, y = sample(n, n_classes, seed, ties)
    found = metrics(probs, y, names(n_classes), ordinal=True)
    del found["ece"]
    assert found == pytest.approx(expected(probs, y), rel=1e-9, abs=1e-12, nan_ok=True)  # no class may be a small one


def test_multiclass_auroc_is_the_macro_one_vs_rest_of_scikit_learn() -> None:
    probs, y = sample(400, 6, seed=1, ties=False)
    wide = probs.astype(np.float64)
    wide /= wide.sum(axis=1, keepdims=True)
    found = metrics(wide, y, names(6))
    assert found["auroc"] == pytest.approx(sk.roc_auc_score(y, wide, multi_class="ovr", average="macro"))
    assert found["average_precision"] == pytest.approx(sk.average_precision_score(np.eye(6)[y], wide, average="macro"))


def test_which_names_there_are() -> None:
    probs, y = sample(30, 2, seed=0, ties=False)
    two = metrics(probs, y, ("low", "high"))
    assert {"recall.low", "recall.high", "sensitivity_at_95_specificity"} <= set(two)
    assert "quadratic_weighted_kappa" not in two
    probs, y = sample(30, 3, seed=0, ties=False)
    three = metrics(probs, y, names(3), ordinal=True)
    assert "sensitivity_at_95_specificity" not in three
    assert "quadratic_weighted_kappa" in three
    assert all(type(value) is float for value in (*two.values(), *three.values()))


def test_absent_class_that_is_predicted() -> None:
    # labels 0 0 0 1, predictions 0 0 2 1: class 2 is predicted but absent, class 3 is neither.
    probs = np.array([[0.7, 0.1, 0.1, 0.1], [0.6, 0.2, 0.1, 0.1], [0.2, 0.2, 0.5, 0.1], [0.1, 0.8, 0.05, 0.05]])
    y = np.array([0, 0, 0, 1])
    found = metrics(probs, y, names(4), ordinal=True)
    assert found["recall.c0"] == pytest.approx(2 / 3)
    assert found["recall.c1"] == 1.0
    assert np.isnan(found["recall.c2"])
    assert np.isnan(found["recall.c3"])
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 1) / 2)
    assert np.isnan(found["minority_recall"])  # a mean class has one item, and c1 has no fewer
    assert found["macro_recall"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert found["macro_precision"] == pytest.approx((1 + 1 + 0) / 3)
    assert found["macro_f1"] == pytest.approx((0.8 + 1 + 0) / 3)
    assert found["auroc"] == 1.0
    assert found["average_precision"] == 1.0
    assert found["quadratic_weighted_kappa"] == pytest.approx(expected(probs, y)["quadratic_weighted_kappa"])


def test_one_class_alone_leaves_curves_undefined() -> None:
    probs = np.array([[0.9, 0.1], [0.8, 0.2]])
    found = metrics(probs, np.array([0, 0]), ("low", "high"), ordinal=True)
    assert found["accuracy"] == found["balanced_accuracy"] == 1.0
    undefined = ("auroc", "average_precision", "sensitivity_at_95_specificity", "quadratic_weighted_kappa")
    assert all(np.isnan(found[name]) for name in undefined)
    three = metrics(np.array([[0.9, 0.1, 0.0]]), np.array([0]), names(3))
    assert np.isnan(three["auroc"])


def test_sensitivity_allows_exactly_five_percent_of_the_negatives() -> None:
    # 20 negatives: one may be called positive. Positives at 0.9, 0.5 and 0.3; negatives at 0.6, 0.4 and below.
    negative = np.array([0.6, 0.4, *np.linspace(0.01, 0.2, 18)])
    score = np.concatenate([[0.9, 0.5, 0.3], negative])
    y = np.array([1] * 3 + [0] * 20)
    found = metrics(np.stack([1 - score, score], axis=1), y, ("low", "high"))
    assert found["sensitivity_at_95_specificity"] == pytest.approx(2 / 3)
    none = metrics(np.stack([1 - score, score], axis=1)[1:4], y[1:4], ("low", "high"))
    assert none["sensitivity_at_95_specificity"] == 0.0


def test_calibration_error_by_hand_and_by_loop() -> None:
    # two bins: (0.5, 1] holds 0.8 (right) and 0.6 (wrong), (0, 0.5] holds 0.5 (right)
    confidence, correct = np.array([0.8, 0.6, 0.5]), np.array([True, False, True])
    by_hand = 2 / 3 * abs(0.5 - 0.7) + 1 / 3 * abs(1 - 0.5)
    assert calibration_error(confidence, correct, n_bins=2) == pytest.approx(by_hand)

    rng = np.random.default_rng(0)
    confidence, correct = rng.random(500), rng.random(500) < 0.6
    edges = np.linspace(0, 1, 16)
    total = 0.0
    for low, high in itertools.pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert calibration_error(confidence, correct) == pytest.approx(total)


def test_perfect_and_constant_predictions() -> None:
    y = np.arange(12) % 3
    perfect = metrics(np.eye(3)[y], y, names(3), ordinal=True)
    assert perfect.pop("ece") == 0.0
    assert np.isnan(perfect.pop("minority_recall"))  # all classes are alike
    assert set(perfect.values()) == {1.0}
    constant = metrics(np.full((12, 3), 1 / 3), y, names(3))
    assert constant["auroc"] == 0.5
    assert constant["average_precision"] == pytest.approx(1 / 3)
    assert constant["accuracy"] == pytest.approx(1 / 3)


def test_log_loss_by_hand() -> None:
    probs = np.array([[0.5, 0.5], [0.2, 0.8]])
    assert log_loss(probs, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert log_loss(np.array([[1.0, 0.0]]), np.array([1])) == np.inf


def test_wrong_input_is_refused() -> None:
    probs, y = sample(10, 3, seed=0, ties=False)
    with pytest.raises(ValueError, match="shape"):
        metrics(probs, y, names(2))
    with pytest.raises(ValueError, match="labels run from 0 to 3"):
        metrics(probs, np.where(y == 2, 3, y), names(3))
    with pytest.raises(ValueError, match="no item"):
        metrics(probs[:0], y[:0], names(3))
    probs[4, 1] = np.nan
    with pytest.raises(TrialError, match="diverged"):
        metrics(probs, y, names(3))


def test_imports_numpy_only() -> None:
    code = "import sys, albench.metrics; print(sorted({'sklearn', 'scipy', 'torch', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_minority_recall_by_hand() -> None:
    # 6, 3, 2 and 1 items: the mean class has 3, so the last two are the minority: recalls 1/2 and 0.
    y = np.repeat([0, 1, 2, 3], [6, 3, 2, 1])
    predicted = y.copy()
    predicted[[10, 11]] = 0
    assert metrics(np.eye(4)[predicted], y, names(4))["minority_recall"] == pytest.approx(0.25)
