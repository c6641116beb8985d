"""How a method that fits estimators whole has to behave: to what it fits them, by which seed and weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albench.api.estimator import Examples
from albench.api.method import Method
from albench.api.task import Task
from albench.testing.backbone_subject import FEATURES
from albench.testing.backbone_whole import differing, rows, says
from albench.testing.method_recorder import Fit, Recorder, kind_of
from albench.testing.report import Fault, NotApplicable, Subject
from albench.testing.watch import changed_globals, global_state, other_globals
from albench.training.estimators import as_model

FEW = 5
"""Labelled items of each class; the others of its ``EACH`` are unlabelled."""


class WholeMethodSubject(Subject):
    """A method under test that fits estimators whole."""

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        method = build()
        if not isinstance(method, Method):
            raise Fault(f"{type(method).__name__} is no method: subclass albench.api.Method")
        if "whole" not in method.training:
            raise NotApplicable("it fits no estimators: it trains by steps")
        if reason := method.skip(FEATURES):
            raise NotApplicable(f"it does not run on the kit's task: {reason}")
        self.task = FEATURES

    def fitted(
        self, given: Examples, method: Method | None = None, estimator: Recorder | None = None
    ) -> tuple[nn.Module, list[Fit]]:
        """The model of a round, and all that the estimator was fitted with."""
        classes = sorted(set(given.y.tolist()))
        self.case = f"{len(given.y)} labelled items of classes {classes}, {len(given.unlabeled)} unlabelled"
        estimator = estimator or Recorder()
        made = (method or self.build()).fit(estimator, given)
        if not isinstance(made, nn.Module) and not hasattr(made, "predict_probs"):
            raise Fault(f"fit gave {kind_of(made)}: return what estimator.fit gave")
        if not estimator.fits:
            raise Fault("fit never fitted the estimator that it was given")
        return as_model(made, given.task.n_classes), estimator.fits


def examples(task: Task, classes: tuple[int, ...] = (0, 1, 2), few: int = FEW, seed: int = 7, **given: Any) -> Examples:
    """A round's items: ``few`` labelled ones of each class, all others unlabelled unless ``unlabeled`` are given."""
    x, y = rows(task, classes)
    labeled = np.concatenate([np.flatnonzero(y == each)[:few] for each in classes])
    others = given.get("unlabeled", np.delete(x, labeled, axis=0))
    return Examples(task, x[labeled], y[labeled], seed, lambda: others)


def fits_probabilities(subject: WholeMethodSubject) -> None:
    """What it gives predicts (n, C) probabilities, for other numbers of classes and estimators that return modules."""
    wide = dataclasses.replace(subject.task, n_classes=5, class_names=tuple("abcde"))
    for task in (subject.task, wide):
        for module in (False, True):
            given = examples(task, tuple(range(task.n_classes)))
            model, _ = subject.fitted(given, estimator=Recorder(module=module))
            made = says(model, given.x)["probabilities"]
            if made.shape != (len(given.x), task.n_classes):
                raise Fault(f"probabilities have the shape {made.shape}, not {len(given.x), task.n_classes}")


def fits_classes(subject: WholeMethodSubject) -> None:
    """Classes that lie far apart are told apart, the labelled items and the others, whichever have labels."""
    for classes in ((0, 1, 2), (0, 2), (1, 2)):
        model, _ = subject.fitted(examples(subject.task, classes))
        x, y = rows(subject.task, classes)
        right = float((says(model, x)["probabilities"].argmax(axis=1) == y).mean())
        if right < 0.9:
            raise Fault(f"{right:.0%} of the items are told right: are rows and labels in one order?")


def fits_bought_labels(subject: WholeMethodSubject) -> None:
    """Labels that were bought are fitted to as they are; those that the method gives are of unlabelled items."""
    given = examples(subject.task)
    bought = {row.tobytes(): label for row, label in zip(given.x, given.y, strict=True)}
    _, fits = subject.fitted(given)
    for fit in fits:
        pairs = [
            (label, bought[row.tobytes()]) for row, label in zip(fit.x, fit.y, strict=True) if row.tobytes() in bought
        ]
        if not pairs:
            raise Fault("the estimator was fitted to none of the labelled items, as they were given")
        if other := sum(label != as_bought for label, as_bought in pairs):
            raise Fault(f"{other} of {len(pairs)} bought labels were fitted to as others")


def fits_one_class(subject: WholeMethodSubject) -> None:
    """Labels of one class alone are enough, and that class is predicted."""
    given = examples(subject.task, (1,))
    probs = says(subject.fitted(given)[0], given.x)["probabilities"]
    if probs[:, 1].min() < 1 - 1e-6:
        raise Fault(f"the only class with labels has a probability of {probs[:, 1].min():.2g}, not 1")


def fits_one_item_each(subject: WholeMethodSubject) -> None:
    """A label of each class is enough."""
    given = examples(subject.task, few=1)
    says(subject.fitted(given)[0], given.x)


def fits_without_unlabeled(subject: WholeMethodSubject) -> None:
    """Where the whole pool is labelled, and where one item is not, it fits as well."""
    x = rows(subject.task)[0]
    for count in (0, 1):
        given = examples(subject.task, unlabeled=x[-count:] if count else x[:0])
        says(subject.fitted(given)[0], given.x)


def fits_from_the_seed(subject: WholeMethodSubject) -> None:
    """The same examples give the same model, whatever the global random state; another seed reaches the estimator."""
    made, seeds = [], []
    method = subject.build()
    for state, each in ((1, method), (2, method), (3, subject.build())):
        with other_globals(state):
            given = unsure(examples(subject.task))
            model, fits = subject.fitted(given, each)
            made.append(says(model, given.unlabeled))
            seeds.append([fit.seed for fit in fits])
    for again, other in zip(made[1:], seeds[1:], strict=True):
        if other != seeds[0]:
            raise Fault("the same examples gave the estimator other seeds: make them from examples.seed")
        if changed := differing(made[0], again):
            raise Fault(f"the same examples gave other {changed}: draw whatever is drawn from examples.seed")
    _, fits = subject.fitted(unsure(examples(subject.task, seed=8)))
    if [fit.seed for fit in fits][-1] == seeds[0][-1]:
        raise Fault("another seed of the examples gave the estimator the same one: hand on examples.seed")


def unsure(given: Examples) -> Examples:
    """The same round where chance has a say: classes that overlap, and unlabelled items of all kinds between them."""
    rng = np.random.default_rng(1)

    def blurred(x: np.ndarray) -> np.ndarray:
        return (x / 4 + rng.standard_normal(x.shape)).astype(np.float32)

    others = blurred(given.unlabeled)
    return Examples(given.task, blurred(given.x), given.y, given.seed, lambda: others)


def fits_inputs_unchanged(subject: WholeMethodSubject) -> None:
    """Rows and labels stay as they are."""
    given = unsure(examples(subject.task))
    before = given.x.copy(), given.y.copy(), given.unlabeled.copy()
    subject.fitted(given)
    names = ("labelled rows", "labels", "unlabelled rows")
    now = (given.x, given.y, given.unlabeled)
    if changed := [name for name, one, other in zip(names, now, before, strict=True) if not np.array_equal(one, other)]:
        raise Fault(f"it wrote to the {' and '.join(changed)}, which others read after it: work on a copy")


def fits_loss_option(subject: WholeMethodSubject) -> None:
    """Class-weighted loss weighs items as item_weights does; losses of gradient steps are skipped with a reason."""
    for name in ("balanced-softmax", "logit-adjusted"):
        method = dataclasses.replace(subject.build(), labeled_loss_name=name)
        if "whole" in method.training and method.skip(subject.task) is None:
            raise Fault(f"loss={name} shifts logits in gradient steps, and skip gives no reason for it")
    method = dataclasses.replace(subject.build(), labeled_loss_name="class-weighted")
    if reason := method.skip(subject.task):
        raise NotApplicable(reason)
    x, y = rows(subject.task, (0, 1))
    labeled = np.concatenate([np.flatnonzero(y == 0)[:2], np.flatnonzero(y == 1)[:8]])
    _, fits = subject.fitted(Examples(subject.task, x[labeled], y[labeled], 7, lambda: x[:0]), method)
    subject.case += ", loss=class-weighted"
    light, heavy = np.bincount(fits[-1].y, fits[-1].weight, 2)
    if not np.isclose(light, heavy):
        raise Fault(f"classes of 2 and 8 labels weigh {light:.3g} and {heavy:.3g}: hand on self.item_weights(...)")


def fits_global_state(subject: WholeMethodSubject) -> None:
    """Global random states and settings stay as they are."""
    subject.fitted(unsure(examples(subject.task)))  # what its libraries do when they are first used is not its own
    with other_globals(2):
        before = global_state()
        subject.fitted(unsure(examples(subject.task)))
        if changed := changed_globals(before):
            raise Fault(f"it changed {' and '.join(changed)}: draw from examples.seed")


def fits_rejected_mask(subject: WholeMethodSubject) -> str:
    """rejected gives an (N,) bool mask of probabilities, with no state, and leaves them as they are."""
    method = subject.build()
    share = 0.0
    for n in (1, 40):
        subject.case = f"probabilities ({n}, 3), no state"
        probs = torch.from_numpy(np.random.default_rng(n).dirichlet(np.full(3, 0.5), n)).float()
        before = probs.clone()
        mask = method.rejected(probs, {})
        if not isinstance(mask, Tensor) or mask.shape != (n,) or mask.dtype != torch.bool:
            raise Fault(f"rejected gives {kind_of(mask)}, not a bool tensor of shape ({n},)")
        if not torch.equal(probs, before):
            raise Fault("rejected wrote to the probabilities")
        share = float(mask.float().mean())
    return f"rejects {share:.0%} of random predictions"
