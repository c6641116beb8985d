"""What views do to a data set's items: the share of a quick model's predictions that each of them changes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.dataset import Dataset, FeatureDataset, ImageDataset, Splits
from albench.augment import Augmenter, augmenter
from albench.components.defaults import default
from albench.data.items import as_input
from albench.training.optimizer import SGD
from albench.trial.numerics import numerics

if TYPE_CHECKING:
    from albench.components.registry import Registry

MOST_TRAINED, MOST_LOOKED_AT = 4096, 1024
"""Items of train that the quick model learns from, and of val whose predictions are compared; evenly spaced."""
STEPS, BATCH = 200, 64
LR, MOMENTUM = 0.03, 0.9
VIEWS = 4
"""Views of each kind that each item gets."""
CPU = torch.device("cpu")
ViewKind = Literal["weak", "strong"]
ViewOptions = ImageDataset | FeatureDataset
_PARTS: dict[str, tuple[tuple[str, ViewKind], ...]] = {
    "image": (("flip", "weak"), ("shift", "weak"), ("rotate", "weak"), ("n_ops", "strong"), ("cutout", "strong")),
    "features": (
        ("weak_noise", "weak"),
        ("strong_noise", "strong"),
        ("strong_dropout", "strong"),
        ("strong_mix", "strong"),
        ("strong_shift", "strong"),
    ),
}
"""Modality -> the options of the built-in views, and the view that each is looked at in."""
_OFF: dict[str, ViewOptions] = {
    "image": ImageDataset(flip=False, shift=0, rotate=0.0, n_ops=0, cutout=0.0),
    "features": FeatureDataset(weak_noise=0.0, strong_noise=0.0, strong_dropout=0.0, strong_mix=0.0),
}


@dataclass(frozen=True)
class Effects:
    """What views change.

    Attributes
    ----------
    backbone
        What the quick model is.
    n_trained, n_items
        Items of train that it learnt from, and (C,) of val that were looked at, by class.
    accuracy
        Of its predictions for these items as they are.
    taught
        The same of a model that learnt from weak views in place of the items.
    changed
        View, or option of a view by itself -> (C,) mean share of predictions, over the items of each class, that are
        not what they are for the item as it is; NaN where a class has no item.
    right
        View, or option -> accuracy of the predictions for views.
    """

    backbone: str
    n_trained: int
    n_items: np.ndarray
    accuracy: float
    taught: float
    changed: dict[str, np.ndarray]
    right: dict[str, float]

    def overall(self, name: str) -> float:
        """Share of all predictions that a view, or an option by itself, changes."""
        return float(np.nansum(self.changed[name] * self.n_items) / self.n_items.sum())


def measure(dataset: Dataset, splits: Splits, registry: Registry, seed: int = 0) -> Effects:
    """Train the default backbone for a moment on labelled items as they are, and compare its predictions for views.

    Labels of train and val are read: this says something of the data, and nothing of what is compared on them.
    """
    with numerics(threads=1):
        return _measured(dataset, splits, registry, seed)


def _measured(dataset: Dataset, splits: Splits, registry: Registry, seed: int) -> Effects:
    task = splits.task
    backbone = default(registry, "backbone", task.modality)
    trained, looked_at = _spread(len(splits.train), MOST_TRAINED), _spread(len(splits.val), MOST_LOOKED_AT)
    each = _each(dataset, splits, seed)
    weak = each["weak"][0]
    items, labels = torch.from_numpy(np.array(splits.train.x[trained])), torch.from_numpy(splits.train.y[trained])

    def learnt(views: Augmenter | None) -> nn.Module:
        model: nn.Module = registry.build("backbone", backbone).build(task, seeds.torch_stream("weights", seed))
        return _train(model, items, labels, views, dataset.noise_size, seed)

    model, taught = learnt(None), learnt(weak)
    x, y = torch.from_numpy(np.array(splits.val.x[looked_at])), splits.val.y[looked_at]
    plain, after = _predicted(model, x), _predicted(taught, x)
    changed, right = {}, {}
    for name, (made, kind) in each.items():
        generator = seeds.torch_stream("views", name, seed)
        predicted = np.stack(
            [_predicted(model, _view(made, kind, x, dataset.noise_size, generator)) for _ in range(VIEWS)]
        )
        differ = (predicted != plain).mean(axis=0)
        changed[name] = _by_class(differ, y, task.n_classes)
        right[name] = float((predicted == y).mean())
    counts = np.bincount(y, minlength=task.n_classes)
    correct = float((plain == y).mean()), float((after == y).mean())
    return Effects(backbone, len(trained), counts, *correct, changed, right)


def samples(
    dataset: Dataset, splits: Splits, rows: np.ndarray, kind: ViewKind, count: int, seed: int = 0
) -> np.ndarray:
    """(len(rows), count, ...) float32 views of items of train, as training sees them."""
    made = augmenter(dataset, splits.task, splits.train.x, CPU, seeds.torch_stream("views", "banks", seed))
    x = torch.from_numpy(np.array(splits.train.x[rows]))
    generator = seeds.torch_stream("views", f"samples {kind}", seed)
    views = [_view(made, kind, x, dataset.noise_size, generator).numpy() for _ in range(count)]
    return np.stack(views, axis=1)


def _each(dataset: Dataset, splits: Splits, seed: int) -> dict[str, tuple[Augmenter, ViewKind]]:
    """Name -> what makes it: both views, and each option of a built-in one that is on, by itself."""
    modality = splits.task.modality

    def made(of: Dataset) -> Augmenter:
        return augmenter(of, splits.task, splits.train.x, CPU, seeds.torch_stream("views", "banks", seed))

    augmenters: dict[str, tuple[Augmenter, ViewKind]] = {}
    whole, off = made(dataset), _OFF[modality]
    kinds: tuple[ViewKind, ...] = ("weak", "strong")
    for kind in kinds:
        augmenters[kind] = whole, kind
        if getattr(type(dataset), kind) is not getattr(Dataset, kind):
            continue  # its own view has no parts that are known here
        for option, of in _PARTS[modality]:
            value = getattr(dataset, option, getattr(type(off)(), option))
            if of == kind and value != getattr(off, option):
                augmenters[option] = made(dataclasses.replace(off, **{option: value})), kind
    return augmenters


def _view(made: Augmenter, kind: ViewKind, x: Tensor, n_columns: int, generator: torch.Generator) -> Tensor:
    """Views of (n, ...) items, made in batches as training makes them."""
    views = []
    for block in x.split(BATCH):
        noise = torch.rand(len(block), n_columns, generator=generator)
        views.append(made.weak(block, noise) if kind == "weak" else made.strong(block, noise))
    return torch.cat(views)


def _spread(n: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def _train(
    model: nn.Module, items: Tensor, labels: Tensor, views: Augmenter | None, n_columns: int, seed: int
) -> nn.Module:
    generator = seeds.torch_stream("views", "batches", seed)
    optimizer = SGD([(list(model.parameters()), 0.0)], LR, MOMENTUM)
    model.train()
    for step in range(STEPS):
        optimizer.lr = LR * (1 - step / STEPS)
        batch = torch.randint(len(items), (BATCH,), generator=generator)
        x = items[batch]
        x = as_input(x) if views is None else _view(views, "weak", x, n_columns, generator)
        loss = nn.functional.cross_entropy(model(x)[0], labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def _predicted(model: nn.Module, x: Tensor) -> np.ndarray:
    """(n,) classes."""
    return np.concatenate([model(as_input(block))[0].argmax(dim=1).numpy() for block in x.split(4 * BATCH)])


def _by_class(values: np.ndarray, y: np.ndarray, n_classes: int) -> np.ndarray:
    counts = np.bincount(y, minlength=n_classes)
    sums = np.bincount(y, weights=values, minlength=n_classes)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
