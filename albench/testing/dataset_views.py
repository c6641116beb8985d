"""How a data set's views have to behave: functions of items and noise, on new memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from albench.data.items import as_input
from albench.devices import Name, can
from albench.testing.dataset_subject import VIEWS, DatasetSubject
from albench.testing.on_device import a_device
from albench.testing.report import Fault
from albench.testing.watch import changed_tensors, copies, other_globals

ITEMS = 8
BELOW_ONE = 1 - 2**-24
"""The largest float32 below 1, which uniform noise reaches."""
SLACK = 1e-5


def view_types(subject: DatasetSubject) -> None:
    """Weak and strong views are float32 of the items' shape, finite, images in 0 .. 1."""
    if not isinstance(subject.dataset.noise_size, int) or subject.dataset.noise_size < 1:
        raise Fault(f"noise_size is {subject.dataset.noise_size!r}, not a whole number above 0")
    x = subject.items(ITEMS)
    for name in VIEWS:
        proper(subject.view(name, x, subject.noise(len(x))), x)


def views_of_one_item(subject: DatasetSubject) -> None:
    """A batch of one item has views."""
    x = subject.items(1)
    for name in VIEWS:
        proper(subject.view(name, x, subject.noise(1)), x)


def views_at_the_ends_of_the_noise(subject: DatasetSubject) -> None:
    """Noise of 0 and the largest number below 1 give proper views."""
    x = subject.items(ITEMS)
    for name in VIEWS:
        for end in (0.0, BELOW_ONE):
            noise = torch.full((len(x), subject.dataset.noise_size), end)
            view = subject.view(name, x, noise)
            subject.case += f", all noise {end:.8g}"
            proper(view, x)


def same_noise_same_view(subject: DatasetSubject) -> None:
    """The same items and noise give the same view, from this data set and from another instance."""
    x = subject.items(ITEMS)
    noise = subject.noise(len(x))
    for name in VIEWS:
        first = proper(subject.view(name, x, noise), x)
        for seed, dataset in enumerate((subject.dataset, subject.build())):
            with other_globals(seed):
                again = proper(subject.view(name, x, noise, dataset), x)
            if not torch.equal(first, again):
                raise Fault(f"the same noise gave another {name} view: all randomness comes in as noise")


def other_noise_other_view(subject: DatasetSubject) -> str:
    """Other noise gives another view of at least one item."""
    x = subject.items(ITEMS)
    note = ""
    for name in VIEWS:
        views = [proper(subject.view(name, x, subject.noise(len(x), seed)), x) for seed in range(3)]
        if any(not torch.equal(views[0], other) for other in views[1:]):
            continue
        if name == "strong" or not torch.equal(views[0], as_input(x.clone())):
            raise Fault(f"the {name} view is the same whatever the noise")
        note = "the weak view is the item itself"
    return note


def views_write_nothing(subject: DatasetSubject) -> None:
    """Views leave items and noise as they are and are new memory."""
    x = subject.items(ITEMS)
    noise = subject.noise(len(x))
    given = {"the items": x, "the noise": noise}
    before = copies(given)
    for name in VIEWS:
        view = subject.view(name, x, noise)
        changed = changed_tensors(given, before)
        if changed:
            raise Fault(f"{name} wrote to {' and '.join(changed)}: work on a copy")
        if isinstance(view, Tensor) and view.untyped_storage().data_ptr() == x.untyped_storage().data_ptr():
            raise Fault(f"{name} returned the items' own memory, which is written over: return x.clone()")


def views_on_cuda(subject: DatasetSubject) -> None:
    """Items on a CUDA device, pretended where there is none, have views there, mostly the CPU's within rounding."""
    _views_on("cuda", subject)


def views_on_mps(subject: DatasetSubject) -> None:
    """Items on an Apple GPU, or by its rules, without float64, have views there, mostly the CPU's within rounding."""
    _views_on("mps", subject)


def _views_on(kind: Name, subject: DatasetSubject) -> None:
    device = torch.device(kind, 0)
    x = subject.items(ITEMS)
    noise = subject.noise(len(x))
    for name in VIEWS:
        usual = proper(subject.view(name, x, noise), x)
        with a_device(kind):
            there = x.to(device)
            moved = proper(subject.view(name, there, noise.to(device)), there).cpu()
        close = torch.isclose(moved, usual, rtol=1e-3, atol=1e-3 + 1e-3 * float(usual.abs().max()))
        if float(close.float().mean()) < 0.98:  # where rounding decides between two pixels a few may be others
            raise Fault(f"the {name} view is another on {can(kind).title}")


def proper(view: Any, x: Tensor) -> Tensor:
    """A view of ``x``.

    Raises
    ------
    Fault
        It is no float32 tensor of the shape and on the device of the items, has values that are not finite, or is of
        images and leaves 0 .. 1.
    """
    if not isinstance(view, Tensor):
        raise Fault(f"the view is a {type(view).__name__}, not a tensor")
    if view.shape != x.shape or view.dtype != torch.float32:
        raise Fault(f"the view is {tuple(view.shape)} of {view.dtype}: return {tuple(x.shape)} of torch.float32")
    if view.device != x.device:
        raise Fault(f"the view is on {view.device}, the items are on {x.device}")
    if not bool(torch.isfinite(view).all()):
        raise Fault("the view has values that are not finite")
    low, high = float(view.min()), float(view.max())
    if x.ndim == 4 and (low < -SLACK or high > 1 + SLACK):
        raise Fault(f"the view's values run from {low:.3g} to {high:.3g}: those of images are in 0 .. 1")
    return view
