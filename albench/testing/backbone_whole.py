"""How a backbone that is fitted whole has to behave: what it predicts, of which classes, and from which seed alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from albench.api.backbone import Backbone
from albench.api.estimator import Estimator
from albench.api.task import Task
from albench.errors import ContractError, PluginError
from albench.testing.backbone_subject import FEATURES, IMAGES
from albench.testing.report import Fault, NotApplicable, Subject, first_line
from albench.testing.watch import changed_globals, global_state, other_globals
from albench.training.estimators import as_model

APART = 8.0
"""Distance of the classes' means, in standard deviations."""
EACH = 30
"""Items of each class."""


class EstimatorSubject(Subject):
    """An estimator under test."""

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        backbone = build()
        if not isinstance(backbone, Backbone) or "whole" not in backbone.training:
            raise NotApplicable("it is not fitted whole: it is trained by steps")
        if not isinstance(backbone, Estimator):
            raise Fault("its training has 'whole', and it is no estimator: subclass albench.api.Estimator")
        self.task = FEATURES if "features" in backbone.modalities else IMAGES[0]
        try:
            reason = backbone.skip(self.task)
        except PluginError as error:
            raise NotApplicable(first_line(error)) from error
        if reason:
            raise NotApplicable(f"it does not run on the kit's task: {reason}")

    def fitted(self, x: np.ndarray, y: np.ndarray, seed: int = 0, **given: Any) -> nn.Module:
        """The model of rows and labels, in eval mode; ``weight`` and ``task`` may be given."""
        task: Task = given.get("task", self.task)
        self.case = f"{len(x)} rows of {x.shape[1]} columns, labels of classes {sorted(set(y.tolist()))}"
        estimator: Estimator = given.get("estimator") or self.build()
        return as_model(estimator.fit(task, x, y, given.get("weight"), seed), task.n_classes)


def rows(task: Task, classes: tuple[int, ...] = (0, 1, 2), each: int = EACH) -> tuple[np.ndarray, np.ndarray]:
    """(L, D) float32 rows of classes that lie far apart, and (L,) their labels."""
    rng = np.random.default_rng(0)
    size = int(np.prod(task.shape))
    y = np.repeat(np.array(classes, np.int64), each)
    means = APART * (np.arange(task.n_classes)[:, None] == np.arange(size) % task.n_classes)
    return (rng.standard_normal((len(y), size)) + means[y]).astype(np.float32), y


def says(model: nn.Module, x: np.ndarray) -> dict[str, np.ndarray]:
    """Probabilities (n, C) and embeddings (n, E) of rows.

    Raises
    ------
    Fault
        They are none.
    """
    try:
        with torch.no_grad():
            logits, embeddings = model(torch.from_numpy(x.copy()))
    except ContractError as error:
        raise Fault(str(error)) from error
    return {"probabilities": logits.double().softmax(dim=1).numpy(), "embeddings": embeddings.double().numpy()}


def differing(one: dict[str, np.ndarray], two: dict[str, np.ndarray], rounding: float = 0.0) -> str:
    """The first of the outputs that differs, or ""."""
    for name, value in one.items():
        if value.shape != two[name].shape or not np.allclose(value, two[name], rtol=0, atol=rounding):
            return name
    return ""


def fitted_probabilities(subject: EstimatorSubject) -> None:
    """Predictions are probabilities (n, C), for other numbers of classes, columns and items as well."""
    wide = replace(subject.task, n_classes=5, class_names=tuple("abcde"))
    for task in (subject.task, wide):
        x, y = rows(task, tuple(range(task.n_classes)))
        model = subject.fitted(x, y, task=task)
        for count in (len(x), 1):
            made = says(model, x[:count])
            if made["probabilities"].shape != (count, task.n_classes):
                raise Fault(f"probabilities have the shape {made['probabilities'].shape}, not {count, task.n_classes}")


def fitted_columns(subject: EstimatorSubject) -> None:
    """Classes that lie far apart are told apart, each in its own column, and one without a label has probability 0."""
    for classes in ((0, 1, 2), (0, 2), (1, 2), (2, 0)):
        x, y = rows(subject.task, classes)
        probs = says(subject.fitted(x, y), x)["probabilities"]
        right = float((probs.argmax(axis=1) == y).mean())
        if right < 0.9:
            raise Fault(f"{right:.0%} of the items that it was fitted to are told right: is each class in its column?")
        absent = [each for each in range(3) if each not in classes]
        if absent and probs[:, absent].max() > 1e-6:
            raise Fault(f"class {absent[0]} has no label and a probability of {probs[:, absent].max():.2g}, not 0")


def fitted_to_one_class(subject: EstimatorSubject) -> None:
    """Where all labels are of one class, that class is predicted."""
    x, y = rows(subject.task, (1,))
    probs = says(subject.fitted(x, y), x)["probabilities"]
    if probs[:, 1].min() < 1 - 1e-6:
        raise Fault(f"the only class with labels has a probability of {probs[:, 1].min():.2g}, not 1")


def fitted_to_one_item_each(subject: EstimatorSubject) -> None:
    """A label of each class is enough to be fitted to."""
    x, y = rows(subject.task, each=1)
    says(subject.fitted(x, y), x)


def fitted_from_the_seed(subject: EstimatorSubject) -> None:
    """The same seed gives the same predictions, whatever the global random state."""
    x, y = rows(subject.task)
    x = x / APART + np.random.default_rng(1).standard_normal(x.shape).astype(np.float32)  # where chance has a say
    made = []
    for state in (1, 2):
        with other_globals(state):
            made.append(says(subject.fitted(x, y, seed=3), x))
    if changed := differing(made[0], made[1]):
        raise Fault(f"the same seed gave other {changed}: draw whatever is drawn from the seed that fit is given")


def fitted_apart(subject: EstimatorSubject) -> None:
    """What was fitted stays as it is when the same estimator is fitted again, and an item's outputs are its own."""
    x, y = rows(subject.task)
    estimator = subject.build()
    model = subject.fitted(x, y, estimator=estimator)
    first = says(model, x)
    subject.fitted(x[::-1].copy(), y, estimator=estimator)
    if changed := differing(first, says(model, x)):
        raise Fault(f"a second fit changed the {changed} of the first: return a new object from fit")
    alone = says(model, x[3:4])
    if changed := differing({name: value[3:4] for name, value in first.items()}, alone, 1e-4):
        raise Fault(f"an item's {changed} among {len(x)} are not those that it has alone")


def fitted_inputs_unchanged(subject: EstimatorSubject) -> None:
    """fit and predict_probs leave rows, labels and weights as they are."""
    x, y = rows(subject.task)
    weight = np.ones(len(x)) if _weighs(subject) else None
    before = x.copy(), y.copy()
    model = subject.fitted(x, y, weight=weight)
    with torch.no_grad():
        model(torch.from_numpy(x))
    if not (np.array_equal(x, before[0]) and np.array_equal(y, before[1]) and (weight is None or (weight == 1).all())):
        raise Fault("it wrote to what it was given, which others read after it: work on a copy")


def fitted_weights(subject: EstimatorSubject) -> None:
    """Items that weigh more are fitted more; an estimator that takes no weights says so with weighs = False."""
    if not _weighs(subject):
        raise NotApplicable("it takes no weights")
    x, y = rows(subject.task, (0, 1))
    x[EACH:] = x[:EACH]  # each item once with either label: the weights alone decide
    shares = []
    for heavy in (0, 1):
        weight = np.where(y == heavy, 1.9, 0.1)
        shares.append(says(subject.fitted(x, y, weight=weight), x)["probabilities"][:, heavy].mean())
    if min(shares) < 0.6:
        raise Fault(
            f"a class with 19 times the weight on equal items has a probability of {min(shares):.2g}: weigh the items, "
            "or say weighs = False"
        )


def fitted_global_state(subject: EstimatorSubject) -> None:
    """fit and predictions leave global random states and settings as they are."""
    x, y = rows(subject.task)
    says(subject.fitted(x, y), x)  # what its libraries do when they are first used is not its own
    with other_globals(2):
        before = global_state()
        says(subject.fitted(x, y), x)
        if changed := changed_globals(before):
            raise Fault(f"it changed {' and '.join(changed)}: draw from the seed that fit is given")


def _weighs(subject: EstimatorSubject) -> bool:
    estimator: Estimator = subject.build()
    return estimator.weighs
