"""Methods that fit estimators whole, on two moons: with few labels and many items the shape decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_moons

from albench.api import Examples, Task, predicted_probs
from albench.components.registry import registry

TASK = Task("features", (2,), 3, ("a", "b", "never"), pool_size=400)


def moons(n_labeled: int = 6) -> tuple[Examples, np.ndarray, np.ndarray]:
    x, y = make_moons(400, noise=0.06, random_state=0)
    x = x.astype(np.float32)
    chosen = np.concatenate([np.flatnonzero(y == each)[: n_labeled // 2] for each in (0, 1)])
    rest = np.setdiff1d(np.arange(400), chosen)
    return Examples(TASK, x[chosen], y[chosen], 0, lambda: x[rest]), x, y


def accuracy(method: str, backbone: str, **changes: Any) -> float:
    examples, x, y = moons(**changes)
    fitted = registry().build("method", method).fit(registry().build("backbone", backbone), examples)
    probs = predicted_probs(fitted, x)
    assert probs.shape == (400, 3)
    assert probs[:, 2].max() == pytest.approx(0, abs=1e-12)
    return float((probs.argmax(axis=1) == y).mean())


@pytest.mark.parametrize("backbone", ["sklearn[model=knn,n_neighbors=3]", "sklearn[model=svm,gamma=5]"])
def test_spread_labels_follow_the_shape_that_labels_alone_do_not_tell(backbone: str) -> None:
    assert accuracy("label-spreading", backbone) > 0.97
    assert accuracy("supervised", backbone) < 0.9


def test_self_training_goes_on_from_what_it_is_sure_of() -> None:
    backbone = "sklearn[model=knn,n_neighbors=1]"
    assert accuracy("self-training[iterations=1]", backbone) == accuracy("supervised", backbone), "one is sure of all"
    machine = "sklearn[model=svm,gamma=5,C=10]"
    floor = accuracy("supervised", machine, n_labeled=20)
    assert accuracy("self-training[threshold=0.8]", machine, n_labeled=20) >= floor


@pytest.mark.parametrize("method", ["self-training", "label-spreading"])
@pytest.mark.parametrize("backbone", ["linear", "sklearn[model=random-forest,n_estimators=10]"])
def test_the_same_seed_the_same_fit_and_labels_of_one_class_are_enough(method: str, backbone: str) -> None:
    examples, x, _ = moons()
    fitted = [
        registry().build("method", method).fit(registry().build("backbone", backbone), examples) for _ in range(2)
    ]
    np.testing.assert_array_equal(predicted_probs(fitted[0], x), predicted_probs(fitted[1], x))
    alone = Examples(TASK, examples.x[:2], np.zeros(2, np.int64), 0, lambda: x)
    probs = predicted_probs(registry().build("method", method).fit(registry().build("backbone", backbone), alone), x)
    assert probs[:, 0] == pytest.approx(1)


def test_without_unlabelled_items_they_are_supervised() -> None:
    examples, x, _ = moons()
    none = Examples(TASK, examples.x, examples.y, 0, lambda: x[:0])
    backbone = registry().build("backbone", "linear")
    floor = predicted_probs(registry().build("method", "supervised").fit(backbone, none), x)
    for method in ("self-training", "label-spreading"):
        np.testing.assert_array_equal(predicted_probs(registry().build("method", method).fit(backbone, none), x), floor)


def test_losses_of_gradient_steps_are_refused_with_a_reason() -> None:
    for method in ("self-training", "label-spreading"):
        assert registry().build("method", f"{method}[loss=class-weighted]").skip(TASK) is None
        assert "class-weighted" in registry().build("method", f"{method}[loss=balanced-softmax]").skip(TASK)
    assert registry().build("method", "supervised[loss=logit-adjusted]").training == {"steps"}


def test_weights_even_out_the_classes_that_have_labels() -> None:
    method = registry().build("method", "supervised[loss=class-weighted]")
    weights = method.item_weights(np.array([0, 0, 0, 1]), 3)
    assert weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert registry().build("method", "supervised").item_weights(np.array([0, 1]), 3) is None
