"""The query strategies of scikit-activeml (Kottke et al. 2021, "scikit-activeml"), an optional extra."""

from __future__ import annotations

import ast
import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from albench.api import PluginError, Strategy, UserError, View, option
from albench.kernels import require_finite

LARGEST_SEED = 2**31 - 1
_MODEL = ("clf", "estimator")
"""Arguments of ``query`` that take a classifier."""
_GIVEN = {"X", "y", *_MODEL}


@dataclass(frozen=True)
class Skactiveml(Strategy):
    """Choose what a strategy of scikit-activeml chooses: ``skactiveml[strategy=Badge]``.

    Its ``X`` are the embeddings of labelled and unlabelled items, its classifier is the model's last layer, so that it
    knows of a round what albench's own strategies know; it is called once a query, for the whole batch. Needs
    ``pip install 'albench[skactiveml]'``.

    Those run that need no more than that. Not those that fit the classifier anew for each item
    (``ExpectedErrorReduction`` and its kin), that are for regression, or that want a committee or a classifier that
    counts (``QueryByCommittee``, ``ProbabilisticAL``): each says so.

    Notes
    -----
    Kottke et al. (2021), "scikit-activeml: A Library and Toolbox for Active Learning Algorithms", Preprints
    202103.0194. The authors of a strategy stand in that library's documentation.
    """

    strategy: str = option(help="class in skactiveml.pool, as Badge or ProbCover")
    args: str = option("", "its own options, as 'alpha=0.9,metric=cosine'")

    def __post_init__(self) -> None:
        self._class, self._options  # noqa: B018  # what is wrong with them is told before anything runs

    @property
    def _typed(self) -> str:
        return f"skactiveml[strategy={self.strategy}]"

    @property
    def _class(self) -> Any:
        pool = _library()
        known = _usable(pool)
        if self.strategy in known:
            return known[self.strategy]
        same = [name for name in known if name.lower() == self.strategy.replace("-", "").lower()]
        if same:
            raise UserError(f"{self._typed}: the class is {same[0]}: write skactiveml[strategy={same[0]}].")
        if reason := _why_not(getattr(pool, self.strategy, None)):
            raise UserError(f"{self._typed}: {reason}; those that run are {', '.join(known)}.")
        raise UserError(f"{self._typed}: skactiveml.pool has no such strategy: choose from {', '.join(known)}.")

    @property
    def _options(self) -> dict[str, Any]:
        known = [name for name in inspect.signature(self._class).parameters if name not in _OURS]
        try:
            call = ast.parse(f"f({self.args})", mode="eval").body
            options = {str(word.arg): _value(word.value) for word in getattr(call, "keywords", ())}
            plain = not getattr(call, "args", ())
        except (SyntaxError, ValueError):
            plain = False
        if not plain:
            raise UserError(f"{self._typed}: args='{self.args}': write args='NAME=VALUE,NAME=VALUE'.")
        for name in options:
            if name not in known:
                raise UserError(f"{self._typed} has no option '{name}': it has {', '.join(known) or 'none'}.")
        return options

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]  # what it needs depends on what it holds
        """Embeddings, and the last layer where it wants a classifier."""
        return frozenset({"embeddings", "gradients"} if _model_argument(self._class) else {"embeddings"})

    @property
    def cold_start(self) -> bool:  # type: ignore[override]  # as above
        """Whether it does without a classifier."""
        return _model_argument(self._class) is None

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order in which the library gives them."""
        require_finite(embeddings=view.embeddings, labeled_embeddings=view.labeled_embeddings)
        labeled, unlabeled = view.labeled_embeddings.cpu().numpy(), view.embeddings.cpu().numpy()
        y = np.concatenate([view.labeled_y.cpu().numpy().astype(float), np.full(len(unlabeled), np.nan)])
        options = {**self._options, "random_state": int(view.rng.integers(LARGEST_SEED))}
        parameters = inspect.signature(self._class).parameters
        if "classes" in parameters:
            options["classes"] = list(range(view.n_classes))
        if "cluster_algo_dict" in parameters:  # left alone, its clusters come from NumPy's global generator
            own = options.get("cluster_algo_dict") or {}
            options["cluster_algo_dict"] = {"random_state": options["random_state"], **own}
        model: dict[str, Any] = {}
        if argument := _model_argument(self._class):
            model = {argument: _classifier(view), f"fit_{argument}": False}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what it expects to become different in versions to come
                chosen = self._class(**options).query(
                    np.concatenate([labeled, unlabeled]), y, batch_size=budget, **model
                )
        except UserError:  # of the view: something was not given
            raise
        except Exception as error:
            raise PluginError(f"{self._typed}: {type(error).__name__}: {' '.join(str(error).split())}") from error
        return torch.from_numpy(np.asarray(chosen, np.int64) - len(labeled))


_OURS = {"random_state", "missing_label", "classes"}
"""Options of its strategies that the bridge gives."""


def _library() -> Any:
    try:
        from skactiveml import pool
    except ModuleNotFoundError as error:
        raise PluginError(
            "scikit-activeml is not installed: pip install 'albench[skactiveml]', or choose another strategy."
        ) from error
    return pool


@functools.cache
def _usable(pool: Any) -> dict[str, Any]:
    named = {name: getattr(pool, name) for name in sorted(pool.__all__)}
    return {name: found for name, found in named.items() if inspect.isclass(found) and not _why_not(found)}


def _why_not(found: Any) -> str:
    """Why a class of the library cannot run here; "" where it can, and for what is none of its strategies."""
    if not (inspect.isclass(found) and hasattr(found, "query")):
        return ""
    if "Wrapper" in found.__name__:
        return "it wraps another strategy, for which albench has wrappers of its own (albench list strategies)"
    query = inspect.signature(found.query).parameters
    required = [name for name, one in query.items() if one.default is one.empty and one.kind != one.VAR_KEYWORD]
    if more := [name for name in required if name not in {"self", *_GIVEN}]:
        return f"its query wants {' and '.join(more)}, which a trial does not have"
    if "ignore_partial_fit" in query:
        return "it fits the classifier anew for each item, which a trial's model cannot be"
    if found.__name__ in _OWN_MODELS:
        return "it wants a classifier of its own kind, which a trial's model is not"
    return ""


_OWN_MODELS = {"EpistemicUncertaintySampling", "FourDs", "ProbabilisticAL"}
"""Strategies that refuse what is not a Parzen window or a mixture model; their signatures do not say it."""


def _value(node: ast.expr) -> Any:
    """An option's value: a literal of Python, or a bare word as text."""
    return node.id if isinstance(node, ast.Name) else ast.literal_eval(node)


def _model_argument(found: Any) -> str | None:
    query = inspect.signature(found.query).parameters
    return next((name for name in _MODEL if name in query), None)


def _classifier(view: View) -> Any:
    """The model's last layer as a classifier of the library: embeddings (n, E) -> probabilities (n, C)."""
    from skactiveml.base import SkactivemlClassifier

    head: Callable[[Tensor], Tensor] = view.head

    class LastLayer(SkactivemlClassifier):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            raise UserError("it fits the classifier anew, which a trial's model cannot be")

        def predict_proba(self, X: Any) -> np.ndarray:
            with torch.no_grad():
                z = torch.as_tensor(np.asarray(X), device=view.device, dtype=view.embeddings.dtype)
                return head(z).double().softmax(dim=-1).cpu().numpy()

        def predict(self, X: Any) -> np.ndarray:
            return self.predict_proba(X).argmax(axis=1)

    return LastLayer(classes=list(range(view.n_classes)))
