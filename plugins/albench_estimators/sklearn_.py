"""Classifiers of scikit-learn, by short names or by their class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from albench.api import option
from albench_estimators.columns import Leaves
from albench_estimators.library import Library

Name = Literal[
    "logistic-regression",
    "random-forest",
    "hist-gradient-boosting",
    "svm",
    "knn",
    "gaussian-process",
    "naive-bayes",
]
CLASSES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "logistic-regression": ("sklearn.linear_model.LogisticRegression", {"max_iter": 1000}),
    "random-forest": ("sklearn.ensemble.RandomForestClassifier", {}),
    "hist-gradient-boosting": ("sklearn.ensemble.HistGradientBoostingClassifier", {}),
    "svm": ("sklearn.svm.SVC", {}),
    "knn": ("sklearn.neighbors.KNeighborsClassifier", {}),
    "gaussian-process": ("sklearn.gaussian_process.GaussianProcessClassifier", {}),
    "naive-bayes": ("sklearn.naive_bayes.GaussianNB", {}),
}
"""Short name -> class, and keywords that are not as scikit-learn has them."""
FOLDS = 5
"""Of the cross-validation that calibrates decisions."""
PAIRS = 500
"""Labelled items whose distances give a Gaussian process its length scale."""


@dataclass(frozen=True)
class Sklearn(Library):
    """A classifier of scikit-learn, with its defaults but for what follows.

    Without probabilities of its own (``svm``), its decisions are calibrated by a sigmoid in cross-validation (Platt
    1999), and where a class has a single label, by a softmax. A Gaussian process has an RBF kernel whose length scale
    is the median distance of the labelled items, and is not optimised. Of ``knn`` there are never more neighbours than
    labelled items.
    """

    model: Name = option("logistic-regression", "which one")
    cls: str = option("", "class in place of a model, of any library: package.module.Class", name="class")

    @property
    def path(self) -> str:
        """The class."""
        return self.cls or CLASSES[self.model][0]

    @property
    def called(self) -> str:
        """The spec, without keywords."""
        return f"sklearn[class={self.cls}]" if self.cls else f"sklearn[model={self.model}]"

    @property
    def libraries(self) -> Mapping[str, str]:
        """The distribution of a class of another library; scikit-learn's is kept in any case."""
        return super().libraries if self.cls else {}

    @property
    def given(self) -> Mapping[str, Any]:
        """Keywords of the short name."""
        return {} if self.cls else CLASSES[self.model][1]

    def model_for(self, x: np.ndarray, codes: np.ndarray, seed: int) -> Any:
        """The model; what its class takes from the labelled items is set here."""
        typed = {key for key, _ in self.keywords}
        made = self.made(seed)
        kind = type(made).__name__ if type(made).__module__.startswith("sklearn.") else ""
        if kind == "KNeighborsClassifier":
            made.set_params(n_neighbors=min(made.n_neighbors, len(x)))
        if kind == "GaussianProcessClassifier" and "kernel" not in typed:
            made.set_params(kernel=_kernel(x))
        if kind in ("SVC", "NuSVC") and not self.cls:
            return _calibrated(made, codes, seed)
        return made

    def leaves(self, model: Any) -> Leaves | None:
        """Leaves of forests and trees."""
        apply = getattr(model, "apply", None)
        return None if apply is None else lambda x: np.asarray(apply(x)).reshape(len(x), -1)


def _kernel(x: np.ndarray) -> Any:
    """An RBF kernel as wide as the median distance of the rows (the first ``PAIRS`` of them)."""
    from scipy.spatial.distance import pdist
    from sklearn.gaussian_process.kernels import RBF

    distances = pdist(x[:PAIRS].astype(np.float64))
    median = float(np.median(distances)) if len(distances) else 1.0
    return RBF(median or 1.0, length_scale_bounds="fixed")


def _calibrated(model: Any, codes: np.ndarray, seed: int) -> Any:
    """The model with its decisions calibrated, where every class has two labels at least."""
    fewest = int(np.bincount(codes).min())
    if fewest < 2:
        return model
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=seed)
    return CalibratedClassifierCV(model, method="sigmoid", cv=folds, ensemble=False)
