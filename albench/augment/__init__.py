"""Batched weak and strong views, made on the device that trains."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from albench.api.dataset import Dataset, FeatureDataset, ImageDataset
from albench.api.task import Task
from albench.augment.features import FeatureViews
from albench.augment.images import ImageViews
from albench.errors import ContractError

__all__ = ["Augmenter", "FeatureViews", "ImageViews", "Views", "augmenter"]

Options = TypeVar("Options", FeatureDataset, ImageDataset)


class Views(Protocol):
    """The built-in augmentation of a modality."""

    def weak(self, x: Tensor, noise: Tensor, consume: bool = False, size: int | None = None) -> Tensor: ...
    def strong(self, x: Tensor, noise: Tensor, size: int | None = None) -> Tensor: ...


class Augmenter:
    """Makes the views of one trial: the data set's own where it has them, else the built-in ones of the modality.

    Nothing here is differentiable or waits for an accelerator, nor writes to its input unless that is offered.

    Parameters
    ----------
    dataset
        Asked first; its ``weak`` and ``strong`` return None for the built-in view.
    builtin
        The views of the modality.

    Attributes
    ----------
    noise_size
        Random numbers that a view of one item takes.
    """

    def __init__(self, dataset: Dataset, builtin: Views) -> None:
        self.noise_size = dataset.noise_size
        self._dataset = dataset
        self._builtin = builtin

    def weak(self, x: Tensor, noise: Tensor, consume: bool = False, size: int | None = None) -> Tensor:
        """Weakly augmented items (B, ...) float32.

        Parameters
        ----------
        x
            (B, D) float32, or (B, C, H, W) uint8 or float32 in 0 .. 1.
        noise
            (B, noise_size) float32 uniform in [0, 1) on the device of ``x``: the only source of randomness.
        consume
            ``x`` is not needed any more: its memory may become the view's, which spares a pass over new memory.
        size
            Items of a batch, where several lie one after the other: each gets the views that it gets by itself.

        Raises
        ------
        ContractError
            Where the data set's own view has another shape or is not floating point.
        """
        with torch.no_grad():
            if size and self._apart("weak", x, size):
                return torch.cat([self.weak(*each) for each in zip(x.split(size), noise.split(size), strict=True)])
            view = self._dataset.weak(x, noise)
            return self._builtin.weak(x, noise, consume, size) if view is None else self._checked(view, x, "weak")

    def strong(self, x: Tensor, noise: Tensor, size: int | None = None) -> Tensor:
        """Strongly augmented items (B, ...) float32; see ``weak``."""
        with torch.no_grad():
            if size and self._apart("strong", x, size):
                return torch.cat([self.strong(*each) for each in zip(x.split(size), noise.split(size), strict=True)])
            view = self._dataset.strong(x, noise)
            return self._builtin.strong(x, noise, size) if view is None else self._checked(view, x, "strong")

    def _apart(self, name: str, x: Tensor, size: int) -> bool:
        """Whether there are several batches, which a data set's own view is to be given one by one."""
        return size < len(x) and getattr(type(self._dataset), name) is not getattr(Dataset, name)

    def _checked(self, view: Tensor, x: Tensor, name: str) -> Tensor:
        if view.shape != x.shape or not view.is_floating_point():
            raise ContractError(
                f"{type(self._dataset).__name__}.{name}() returned {tuple(view.shape)} {view.dtype}: "
                f"return {tuple(x.shape)} torch.float32, or None for the built-in view"
            )
        return view


def augmenter(
    dataset: Dataset,
    task: Task,
    train_x: Tensor | np.ndarray,
    device: torch.device,
    generator: torch.Generator,
    shift: int | None = None,
) -> Augmenter:
    """Build what makes a trial's views.

    Parameters
    ----------
    dataset
        The data set; its fields named as in ``FeatureDataset`` or ``ImageDataset`` are the options, the defaults of
        these hold for those that it lacks.
    task
        Names the modality and the shape of an item.
    train_x
        (N, ...) items of the training split, read for the spread of each feature only.
    device
        Where the views are made.
    generator
        For the banks of random rows that feature views pick from; images draw nothing. Banks are drawn on the
        generator's device, so one seed gives one bank wherever the views are made.
    shift
        Largest shift of images in pixels, where a trial's key names it; None for the data set's.
    """
    builtin: Views
    if task.modality == "image":
        options = _options(dataset, ImageDataset)
        builtin = ImageViews(options if shift is None else replace(options, shift=shift))
    else:
        builtin = FeatureViews(_options(dataset, FeatureDataset), train_x, device, generator)
    return Augmenter(dataset, builtin)


def _options(dataset: Dataset, kind: type[Options]) -> Options:
    given: dict[str, Any] = {field.name: getattr(dataset, field.name, field.default) for field in fields(kind)}
    return kind(**given)
