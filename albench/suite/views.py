"""Which views a data set's items get: scales that its size decides, and in words."""

from __future__ import annotations

import dataclasses

from albench.api.dataset import Dataset, FeatureDataset, ImageDataset, scaled_shift
from albench.api.task import Task
from albench.suite.trials import FIXED_SHIFT


def fitted(dataset: Dataset, task: Task) -> dict[str, int]:
    """Options that the data set leaves to the size of its items, with their values; for a trial's key.

    A data set of images without the option at all counts only where its value is not what was in force before.
    """
    if task.modality != "image" or getattr(dataset, "shift", None) is not None:
        return {}
    shift = scaled_shift(task.shape)
    return {} if not hasattr(dataset, "shift") and shift == FIXED_SHIFT else {"shift": shift}


def before(dataset: Dataset, fits: dict[str, int]) -> dict[str, int]:
    """What trials were stored with before ``fitted``."""
    return dict.fromkeys(fits, FIXED_SHIFT) if hasattr(dataset, "shift") else {}


def in_words(dataset: Dataset, task: Task, shift: int) -> str:
    """The weak and the strong views in one line."""
    if task.modality == "text":
        return "views: none of texts; those of their vectors, once an encoder has made them"
    builtin = _of_images(dataset, task, shift) if task.modality == "image" else _of_vectors(dataset)
    own = [getattr(type(dataset), name, None) is not getattr(Dataset, name) for name in ("weak", "strong")]
    weak, strong = ("the data set's own" if mine else text for mine, text in zip(own, builtin, strict=True))
    return f"views: weak: {weak}; strong: {strong}"


def switches(dataset: Dataset, task: Task, shift: int) -> str:
    """What turns each part of the views off, as ``flip=false, shift=0``; empty where nothing can be."""
    names = {field.name for field in dataclasses.fields(dataset)}
    own = [getattr(type(dataset), name, None) is not getattr(Dataset, name) for name in ("weak", "strong")]
    if all(own):
        return ""
    parts = _IMAGE if task.modality == "image" else _VECTORS
    said = []
    for name in parts:
        value = shift if name == "shift" else getattr(dataset, name, None)
        if name in names and value:
            said.append(f"{name}={'false' if isinstance(value, bool) else 0}")
    return ", ".join(said)


def _of_images(dataset: Dataset, task: Task, shift: int) -> tuple[str, str]:
    options = {name: getattr(dataset, name, getattr(ImageDataset, name)) for name in _IMAGE}
    flip = "flip left-right" if options["flip"] else ""
    moved = f"shift up to {shift} of {min(task.shape[-2:])} pixels" if shift else ""
    turned = f"rotate up to {options['rotate']:g} degrees" if options["rotate"] else ""
    changed = f"{options['n_ops']} of RandAugment's operations" if options["n_ops"] else ""
    cut = f"cut-out up to {options['cutout']:.0%} of the side" if options["cutout"] else ""
    both = " and ".join(name for name, text in (("flip", flip), ("shift", moved)) if text)
    return _listed(flip, moved, turned), _listed(both and f"the same {both}", changed, cut)


def _of_vectors(dataset: Dataset) -> tuple[str, str]:
    options = {name: getattr(dataset, name, getattr(FeatureDataset, name)) for name in _VECTORS}
    noise = "noise of {:g} standard deviations"
    weak, strong = (noise.format(options[f"{name}_noise"]) for name in ("weak", "strong"))
    dropped = f"{options['strong_dropout']:.0%} of the features dropped" if options["strong_dropout"] else ""
    mixed = f"{options['strong_mix']:.0%} of a neighbour mixed in" if options["strong_mix"] else ""
    moved = f"{options['strong_shift']:g} of the difference of two near items" if options["strong_shift"] else ""
    noisy = strong if options["strong_noise"] else ""
    return weak if options["weak_noise"] else "none", _listed(noisy, dropped, mixed, moved)


_IMAGE = ("flip", "shift", "rotate", "n_ops", "cutout")
_VECTORS = ("weak_noise", "strong_noise", "strong_dropout", "strong_mix", "strong_shift")


def _listed(*parts: str) -> str:
    return ", ".join(filter(None, parts)) or "none"
