"""Classes of other libraries that fit and predict as scikit-learn's do, with what is typed as their keywords."""

from __future__ import annotations

import ast
import difflib
import importlib.metadata
import importlib.util
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from albench.api import Estimator, Fitted, PluginError, Task, UserError, option
from albench_estimators.columns import Columns, Leaves, alone

SEEDS = ("random_state", "random_seed", "seed")
"""Keywords that take the seed, the first that a class has."""


@dataclass(frozen=True)
class Library(Estimator):
    """Base of estimators that are a class of another library."""

    keywords: tuple[tuple[str, str], ...] = option(
        (), "keyword of the class, with its value as in Python, e.g. max_depth=3", rest=True
    )

    @property
    def path(self) -> str:
        """The class, as ``package.module.Class``."""
        raise NotImplementedError

    @property
    def called(self) -> str:
        """What errors call it."""
        return self.path

    @property
    def install(self) -> str:
        """What its library is installed by."""
        return f"pip install {self.path.partition('.')[0]}"

    @property
    def given(self) -> Mapping[str, Any]:
        """Keywords that stand where nothing else is typed."""
        return {}

    @property
    def libraries(self) -> Mapping[str, str]:
        """The distribution that the class comes from."""
        names = importlib.metadata.packages_distributions().get(self.path.partition(".")[0], [])
        return {name: importlib.metadata.version(name) for name in names}

    def ready(self) -> None:
        """Import the class, and check what was typed.

        Raises
        ------
        PluginError
            Where the library is missing, with the command that installs it.
        UserError
            Where there is no such class, or it has no such keyword.
        """
        self._factory()

    def _factory(self) -> Any:
        module, _, name = self.path.rpartition(".")
        package = module.partition(".")[0]
        if not module or not importlib.util.find_spec(package):
            raise PluginError(f"{self.called} needs {package or 'a module'}: {self.install}")
        try:
            # of import_module albench would not know what is meant, and count all files beside as an estimator's code
            factory = getattr(pkgutil.resolve_name(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise UserError(f"{self.called}: there is no {self.path}: {error}.") from None
        if not (callable(getattr(factory, "fit", None)) and _predicts(factory)):
            raise UserError(f"{self.called}: {self.path} is no classifier with fit and predict_proba.")
        known, free = _keywords(factory)
        for key, _ in self.keywords:
            if key not in known and not free:
                close = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean '{close[0]}'?" if close else f"it takes {', '.join(sorted(known))}."
                raise UserError(f"{self.called} has no option '{key}': {hint}")
        return factory

    @property
    def weighs(self) -> bool:  # type: ignore[override]  # what it weighs depends on the class
        """Whether the class's ``fit`` takes ``sample_weight``."""
        return "sample_weight" in inspect.signature(self._factory().fit).parameters

    def fit(self, task: Task, x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None, seed: int) -> Fitted:
        """The class, fitted to the labels as 0 .. K - 1 of the K classes that have some."""
        present, codes = np.unique(y, return_inverse=True)
        if len(present) == 1:
            return alone(present, task.n_classes)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        model = self.model_for(x, codes, seed)
        model.fit(_wide(model, x), codes, **weights)
        return Columns(lambda rows: _probs(model, _wide(model, rows)), present, task.n_classes, self.leaves(model))

    def model_for(self, x: np.ndarray, codes: np.ndarray, seed: int) -> Any:
        """An unfitted model for rows (L, D) and labels (L,) of 0 .. K - 1."""
        return self.made(seed)

    def made(self, seed: int, **more: Any) -> Any:
        """An unfitted model with the keywords that were typed, the seed, and no threads of Python's own."""
        factory = self._factory()
        known, free = _keywords(factory)
        typed = {key: as_value(text) for key, text in self.keywords}
        drawn = next((key for key in SEEDS if key in known or (free and key == SEEDS[0])), "")
        own = {drawn: seed} if drawn else {}
        if "n_jobs" in known and inspect.signature(factory).parameters["n_jobs"].default is not None:
            own["n_jobs"] = 1
        return factory(**{**own, **self.given, **more, **typed})

    def leaves(self, model: Any) -> Leaves | None:
        """Rows -> leaves of a fitted model of trees; None of others."""
        return None


class Extra(Library):
    """Base of those whose library is an extra of albench that has their name."""

    @property
    def install(self) -> str:
        """``pip install 'albench[NAME]'``."""
        return f"pip install 'albench[{self.called}]'"


def _wide(model: Any, x: np.ndarray) -> np.ndarray:
    """Rows in float64, in which variances and kernels of float32 items do not overflow; trees read float32."""
    return x if hasattr(model, "apply") else x.astype(np.float64)


def as_value(text: str) -> Any:
    """A typed keyword as Python's value: a number, ``true``, ``none``, a tuple, or else the text itself."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _predicts(factory: Any) -> bool:
    return any(hasattr(factory, name) for name in ("predict_proba", "decision_function"))


def _keywords(factory: Any) -> tuple[set[str], bool]:
    """Names of the keywords that a class is made with, and whether it takes others beside."""
    parameters = inspect.signature(factory).parameters.values()
    free = any(each.kind is each.VAR_KEYWORD for each in parameters)
    known = {each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    return known, free


def _probs(model: Any, x: np.ndarray) -> np.ndarray:
    """(n, K) of a fitted model; of decisions, where that is all that it gives, a softmax."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(x))
    decisions = np.asarray(model.decision_function(x), np.float64)
    if decisions.ndim == 1:
        decisions = np.stack([-decisions / 2, decisions / 2], axis=1)
    powers = np.exp(decisions - decisions.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares
