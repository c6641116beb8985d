"""A backbone under test: models built for small tasks, and batches of items that are sent through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.backbone import Backbone
from albench.api.task import Task
from albench.errors import PluginError
from albench.testing.report import Fault, NotApplicable, Subject, first_line

FEATURES = Task("features", (6,), 3, ("a", "b", "c"), pool_size=40)
IMAGES = tuple(
    Task("image", shape, 3, ("a", "b", "c"), pool_size=40)
    for shape in ((1, 28, 28), (3, 32, 32), (3, 64, 64), (3, 224, 224))
)
OTHERS = (
    replace(FEATURES, shape=(9,), n_classes=5, class_names=tuple("abcde")),
    replace(FEATURES, shape=(1,), n_classes=2, class_names=("a", "b")),
    replace(IMAGES[0], shape=(3, 32, 32), n_classes=5, class_names=tuple("abcde")),
    replace(IMAGES[0], shape=(1, 24, 40), n_classes=2, class_names=("a", "b")),
)
"""Tasks of other shapes and numbers of classes."""
BATCH = 4


class BackboneSubject(Subject):
    """A backbone under test.

    Attributes
    ----------
    tasks
        One task of each modality that the backbone reads.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        backbone = build()
        if not isinstance(backbone, Backbone):
            raise Fault(f"{type(backbone).__name__} is no backbone: subclass albench.api.Backbone")
        if "steps" not in backbone.training:
            raise NotApplicable("it is no network: it is fitted whole")
        self.backbone = backbone
        self.tasks: list[Task] = []
        reasons = []
        for candidates in ((FEATURES,), IMAGES):
            for task in candidates:
                reason = self.skips(task) if task.modality in backbone.modalities else ""
                if reason is None:
                    self.tasks.append(task)
                    break
                reasons.append(reason)
        if not self.tasks:
            told = next((reason for reason in reasons if reason), "its modalities name neither features nor image")
            raise NotApplicable(f"it does not run on the kit's tasks: {told}")

    def skips(self, task: Task) -> str | None:
        """What ``skip`` says of a task; a library that is missing ends the check."""
        self.case = described_task(task)
        try:
            return self.backbone.skip(task)
        except PluginError as error:
            raise NotApplicable(first_line(error)) from error

    def model(self, task: Task, seed: int = 0, backbone: Backbone | None = None) -> nn.Module:
        """A model for a task, in eval mode."""
        self.case = described_task(task)
        try:
            model: Any = (backbone or self.build()).build(task, seeds.torch_stream("conformance", "weights", seed))
        except PluginError as error:
            raise NotApplicable(first_line(error)) from error
        if not isinstance(model, nn.Module):
            raise Fault(f"build returned a {type(model).__name__}, not a torch.nn.Module")
        return model.eval()


def described_task(task: Task) -> str:
    """A task in words."""
    return f"{task.modality} of shape {task.shape}, C={task.n_classes}"


def items(task: Task, count: int = BATCH, seed: int = 0) -> Tensor:
    """(count, ...) float32 items: normal features, images in 0 .. 1."""
    generator = seeds.torch_stream("conformance", "items", seed)
    draw = torch.rand if task.modality == "image" else torch.randn
    return draw(count, *task.shape, generator=generator)


def outputs(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and embedding of a batch, with their gradient.

    Raises
    ------
    Fault
        The model returned anything but two tensors.
    """
    made = model(x)
    if not isinstance(made, tuple) or len(made) != 2 or not all(isinstance(each, Tensor) for each in made):
        kind = f"{type(made).__name__} of {len(made)}" if isinstance(made, tuple | list) else type(made).__name__
        raise Fault(f"the model returned a {kind}, not the tuple (logits, embedding)")
    return made


def predicted(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Logits and embedding by name, without gradient."""
    with torch.no_grad():
        logits, embedding = outputs(model, x)
    return {"logits": logits, "embedding": embedding}


def other(one: dict[str, Tensor], two: dict[str, Tensor], rounding: float = 0.0) -> list[str]:
    """Names of the outputs that differ by more than rounding, as a share of the largest value."""
    found = []
    for name, value in one.items():
        same = two[name]
        slack = rounding * max(1.0, float(value.abs().max()))
        if value.shape != same.shape or not torch.allclose(value, same, rtol=rounding, atol=slack):
            found.append(name)
    return found


def finite(made: dict[str, Tensor], where: str) -> None:
    """Raise where outputs are not finite."""
    for name, value in made.items():
        if not bool(torch.isfinite(value).all()):
            raise Fault(f"values of the {name} {where} are not finite")
