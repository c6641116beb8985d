"""Scikit-learn's classifiers as backbones: classes, seeds, leaves, and what is typed of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn

from albench.api import PluginError, Task, UserError, predicted_probs
from albench.components.registry import registry
from albench_estimators.columns import hashed
from albench_estimators.library import as_value

MODELS = (
    "logistic-regression",
    "random-forest",
    "hist-gradient-boosting",
    "svm",
    "knn",
    "gaussian-process",
    "naive-bayes",
)
OTHERS = (
    "linear",
    "sklearn[class=sklearn.linear_model.RidgeClassifier]",
    "sklearn[class=sklearn.tree.ExtraTreeClassifier]",
)
TASK = Task("features", (4,), 5, tuple("abcde"), pool_size=60)


def built(spec: str) -> Any:
    return registry().build("backbone", spec)


def apart(classes: tuple[int, ...] = (1, 3), each: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Items of some classes, far from each other's."""
    rng = np.random.default_rng(0)
    y = np.repeat(classes, each)
    return (rng.standard_normal((len(y), 4)) + 6 * (y[:, None] == np.array([0, 1, 2, 3]))).astype(np.float32), y


def said(spec: str, x: np.ndarray, y: np.ndarray, seed: int = 0, weight: Any = None) -> np.ndarray:
    return predicted_probs(built(spec).fit(TASK, x, y, weight, seed), x)


@pytest.mark.parametrize("spec", [*(f"sklearn[model={name}]" for name in MODELS), *OTHERS])
def test_columns_are_those_of_the_task_and_absent_classes_have_none(spec: str) -> None:
    x, y = apart(each=25)
    probs = said(spec, x, y)
    assert probs.shape == (50, 5)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-6)
    assert probs[:, [0, 2, 4]].max() == pytest.approx(0, abs=1e-12)
    assert (probs.argmax(axis=1) == y).mean() > 0.95
    np.testing.assert_array_equal(said(spec, x, y), probs)


@pytest.mark.parametrize("spec", [*(f"sklearn[model={name}]" for name in MODELS), *OTHERS])
def test_one_class_is_all_that_is_said_where_it_is_all_that_is_known(spec: str) -> None:
    x, _ = apart()
    probs = said(spec, x, np.full(len(x), 3))
    assert probs[:, 3] == pytest.approx(1)


@pytest.mark.parametrize("spec", [f"sklearn[model={name}]" for name in MODELS])
def test_one_label_of_each_class_is_enough(spec: str) -> None:
    x, y = apart((0, 1, 2), each=1)
    probs = said(spec, x, y)
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-6)


def test_a_forest_is_drawn_from_its_seed() -> None:
    x, y = apart((0, 1, 2))
    x = np.random.default_rng(1).standard_normal(x.shape).astype(np.float32)
    one, again, other = (said("sklearn[model=random-forest]", x, y, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_what_weighs_more_is_fitted_more() -> None:
    x, y = np.zeros((4, 4), np.float32), np.array([0, 0, 0, 1])
    for spec in ("linear", "sklearn[model=logistic-regression]"):
        even = said(spec, x, y, weight=np.array([1, 1, 1, 3.0]))
        assert even[0, :2] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_products_of_leaves_are_proximities() -> None:
    rng = np.random.default_rng(0)
    leaves = rng.integers(0, 6, (40, 300))
    exact = (leaves[:, None] == leaves[None]).mean(axis=2)
    z = hashed(leaves)
    assert z.shape == (40, 256)
    assert np.abs(z @ z.T - exact).max() < 0.35
    assert np.abs((z @ z.T - exact)[~np.eye(40, dtype=bool)]).mean() < 2 / np.sqrt(256)
    np.testing.assert_array_equal(z[:3], hashed(leaves[:3])), "an item's does not depend on the others"


def test_forests_embed_leaves_and_others_the_item() -> None:
    x, y = apart()
    assert built("sklearn[model=random-forest]").fit(TASK, x, y, None, 0).embed(x).shape == (16, 256)
    assert built("sklearn[model=svm]").fit(TASK, x, y, None, 0).embed(x) is None


def test_keywords_reach_the_class_as_what_they_look_like() -> None:
    typed = {"3": 3, "0.5": 0.5, "true": True, "None": None, "(4, 2)": (4, 2), "sqrt": "sqrt"}
    assert {text: as_value(text) for text in typed} == typed
    forest = built("sklearn[model=random-forest,n_estimators=7,max_features=sqrt]").made(seed=5)
    assert (forest.n_estimators, forest.max_features, forest.random_state, forest.n_jobs) == (7, "sqrt", 5, None)
    assert built("sklearn[n_estimators=7,model=random-forest]") == built("sklearn[model=random-forest,n_estimators=7]")


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        (
            "sklearn[model=random-forest,n_estimator=7]",
            UserError,
            "has no option 'n_estimator': did you mean 'n_estimators'",
        ),
        ("sklearn[class=sklearn.ensemble.Forest]", UserError, "there is no sklearn.ensemble.Forest"),
        ("sklearn[class=sklearn.nothing.Forest]", UserError, "there is no sklearn.nothing.Forest"),
        ("sklearn[class=sklearn.not-a-name.Forest]", UserError, "there is no sklearn.not-a-name.Forest"),
        ("sklearn[class=sklearn.cluster.KMeans]", UserError, "is no classifier"),
        ("sklearn[class=nosuchlibrary.Class]", PluginError, "needs nosuchlibrary: pip install nosuchlibrary"),
        ("sklearn[class=Class]", PluginError, "needs a module"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(spec: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        built(spec).skip(TASK)
    assert "\n" not in str(raised.value)


def test_the_library_of_a_class_is_kept_with_its_version() -> None:
    assert built("sklearn").libraries == {}, "that of scikit-learn is kept with every trial"
    of_class = built("sklearn[class=sklearn.tree.DecisionTreeClassifier]").libraries
    assert of_class == {"scikit-learn": sklearn.__version__}


def test_a_nearest_neighbour_has_no_more_neighbours_than_there_are_items() -> None:
    x, y = apart(each=1)
    assert said("sklearn[model=knn,n_neighbors=50]", x, y)[:, [1, 3]] == pytest.approx(0.5)
