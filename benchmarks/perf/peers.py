"""Query strategies by other libraries, and by plain NumPy where no library has one, for strategies.py beside it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch


def scores(method: str) -> Callable[[Any, int], Callable[[], object]]:
    """A score of probabilities by scikit-activeml, and a sort."""

    def make(view: Any, q: int) -> Callable[[], object]:
        from skactiveml.pool import uncertainty_scores

        probs = view.probs.double().numpy()
        return lambda: np.argsort(-uncertainty_scores(probs, method=method), kind="stable")[:q]

    return make


def activeml(name: str, *, classifies: bool = False, **options: Any) -> Callable[[Any, int], Callable[[], object]]:
    """A strategy of scikit-activeml; ``classifies`` hands it a classifier with the pool's linear head."""

    def make(view: Any, q: int) -> Callable[[], object]:
        warnings.simplefilter("ignore")
        from skactiveml import pool
        from skactiveml.base import SkactivemlClassifier

        x = np.concatenate([view.labeled_embeddings.numpy(), view.embeddings.numpy()])
        y = np.concatenate([view.labeled_y.numpy().astype(float), np.full(len(view), np.nan)])
        head = view._model.head.weight.detach().numpy()

        class Linear(SkactivemlClassifier):
            def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Linear:
                return self

            def predict_proba(self, X: Any) -> np.ndarray:
                z = np.exp((z := X @ head.T) - z.max(axis=1, keepdims=True))
                return (z / z.sum(axis=1, keepdims=True)).astype(np.float64)

            def predict(self, X: Any) -> np.ndarray:
                return (X @ head.T).argmax(axis=1)

        strategy = getattr(pool, name)(random_state=0, **options)
        if not classifies:
            return lambda: strategy.query(x, y, batch_size=q)
        model = Linear(classes=list(range(len(head))))
        fit = "fit_estimator" if name == "Clue" else "fit_clf"
        return lambda: strategy.query(x, y, model, batch_size=q, **{fit: False})

    return make


def kmeans(view: Any, q: int) -> Callable[[], object]:
    """scikit-learn's k-means, one start, and the item nearest each centre."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import pairwise_distances_argmin

    x = view.embeddings.numpy()
    return lambda: pairwise_distances_argmin(KMeans(q, n_init=1, random_state=0).fit(x).cluster_centers_, x)


def boostmis(view: Any, q: int) -> Callable[[], object]:
    """Every item scored by both selectors in NumPy; neighbours from blocks of rows against the whole pool."""
    x, p = view.embeddings.numpy(), view.probs.numpy()
    w = view._model.head.weight.detach().numpy()
    rejected = view.rejected.numpy()

    def log_softmax(z: np.ndarray) -> np.ndarray:
        z = z - z.max(axis=1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def unit(z: np.ndarray) -> np.ndarray:
        return z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-30)

    def query() -> object:
        push = np.random.default_rng(0).standard_normal(x.shape, dtype=np.float32)
        log_p = log_softmax(x @ w.T)
        push = unit((np.exp(log_softmax((x + 10 * unit(push)) @ w.T)) - np.exp(log_p)) @ w)
        unstable = (np.exp(log_p) * (log_p - log_softmax((x + push) @ w.T))).sum(axis=1)
        first = np.argsort(-np.where(rejected, unstable, -1), kind="stable")[: q - q // 2]
        rows, density = unit(x), np.empty(len(x), dtype=np.float32)
        for i in range(0, len(x), 512):
            similarity = rows[i : i + 512] @ rows.T
            similarity[np.arange(len(similarity)), i + np.arange(len(similarity))] = -np.inf
            density[i : i + 512] = np.partition(similarity, -20, axis=1)[:, -20:].mean(axis=1)
        score = -(p * np.log(np.maximum(p, 1e-38))).sum(axis=1) * np.maximum(density, 0)
        score[first] = -1
        order, predicted, each = np.argsort(-score, kind="stable"), p.argmax(axis=1), q // 2 // p.shape[1]
        second = np.concatenate([order[predicted[order] == c][:each] for c in range(p.shape[1])])
        return np.concatenate([first, second])

    return query


def batch_bald(networks: int) -> Callable[[Any, int], Callable[[], object]]:
    """scikit-activeml's BatchBALD over dropout networks; by its default as many joint labels as networks are drawn."""

    def make(view: Any, q: int) -> Callable[[], object]:
        from skactiveml.pool import batch_bald

        def query() -> object:
            probs = np.stack([sample.numpy() for sample in view.mc_probs(networks)]).astype(np.float64)
            return np.nanargmax(batch_bald(probs, q, random_state=0), axis=1)

        return query

    return make


def bald(view: Any, q: int) -> Callable[[], object]:
    """The mutual information of dropout samples in PyTorch's float32, as it is written down, and a sort."""

    def query() -> object:
        probs = torch.stack([*view.mc_probs(20)])
        mean = probs.mean(dim=0)
        within = -(probs * probs.clamp_min(1e-38).log()).sum(dim=2).mean(dim=0)
        return (within + (mean * mean.clamp_min(1e-38).log()).sum(dim=1)).argsort()[:q]

    return query


def discriminative(view: Any, q: int) -> Callable[[], object]:
    """small-text's discriminative active learning: ten logistic regressions by scikit-learn."""
    warnings.simplefilter("ignore")
    from sklearn.linear_model import LogisticRegression
    from small_text import DiscriminativeActiveLearning, SklearnClassifierFactory, SklearnDataset

    x = np.concatenate([view.labeled_embeddings.numpy(), view.embeddings.numpy()])
    known = len(view.labeled_embeddings)
    data = SklearnDataset(x, np.arange(len(x)) % 2, target_labels=np.arange(2))  # which it labels itself
    strategy = DiscriminativeActiveLearning(SklearnClassifierFactory(LogisticRegression(), 2), 10, pbar=None)
    return lambda: strategy.query(None, data, np.arange(known, len(x)), np.arange(known), None, n=q)


FEW = "batch-bald[masks=20,max_configurations=20,configurations=20]"
"""As many networks and joint labels as scikit-activeml has with a committee of 20."""

PEERS: dict[str, tuple[str, Callable[[Any, int], Callable[[], object]]]] = {
    "entropy": ("scikit-activeml", scores("entropy")),
    "margin": ("scikit-activeml", scores("margin_sampling")),
    "least-confidence": ("scikit-activeml", scores("least_confident")),
    "kmeans": ("scikit-learn", kmeans),
    "coreset": ("scikit-activeml", activeml("CoreSet")),
    "typiclust": ("scikit-activeml", activeml("TypiClust")),
    "probcover": ("scikit-activeml", activeml("ProbCover")),
    "badge": ("scikit-activeml", activeml("Badge", classifies=True)),
    "clue": ("scikit-activeml", activeml("Clue", classifies=True, cluster_algo_dict={"n_init": 1})),
    "contrastive": ("scikit-activeml", activeml("ContrastiveAL", classifies=True)),
    "dropquery": ("scikit-activeml", activeml("DropQuery", classifies=True)),
    "falcun": ("scikit-activeml", activeml("Falcun", classifies=True)),
    "batch-bald": ("scikit-activeml", batch_bald(100)),
    FEW: ("scikit-activeml", batch_bald(20)),
    "bald": ("plain PyTorch", bald),
    "bald-stored": ("plain PyTorch", bald),
    "discriminative": ("small-text", discriminative),
    "discriminative[hidden=0]": ("small-text", discriminative),
    "discriminative[later_steps=10]": ("small-text", discriminative),
    "discriminative[hidden=0,later_steps=10]": ("small-text", discriminative),
    "boostmis": ("plain NumPy", boostmis),
}
"""Strategy -> who wrote the other one, and what makes its query from a view."""

SIZES = {"batch-bald": 5_000, FEW: 5_000}
"""Strategy -> items that its peer is timed on, where that many take it long."""

MODULES = {"scikit-activeml": "skactiveml", "scikit-learn": "sklearn", "small-text": "small_text"}
"""Library -> the module that is there where it is installed."""


def peer_of(name: str) -> Callable[[Any, int], Callable[[], object]] | None:
    """What makes the other query of a strategy; None where there is none, or its library is not installed."""
    library, make = PEERS.get(name, ("", None))
    return make if find_spec(MODULES.get(library, "numpy")) else None
