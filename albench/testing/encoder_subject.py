"""An encoder under test: small items of each modality that it reads, and their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from albench import seeds
from albench.api.encoder import Encoder
from albench.api.task import Task
from albench.errors import PluginError
from albench.testing.report import Fault, NotApplicable, Subject, first_line

FEATURES = Task("features", (6,), 3, ("a", "b", "c"), pool_size=40)
TEXT = Task("text", (), 3, ("a", "b", "c"), pool_size=40)
IMAGES = tuple(
    Task("image", shape, 3, ("a", "b", "c"), pool_size=40) for shape in ((1, 28, 28), (3, 32, 40), (3, 224, 224))
)
ITEMS = 7
"""Items that are encoded; no multiple of the smaller blocks that they are cut into."""
POOL = 40
CPU = torch.device("cpu")
ROUNDING = 2e-4
"""Share of the largest number by which sums in another order may differ in float32."""
WORDS = ("where", "who", "heart", "lung", "what", "is", "the", "cost", "of", "a", "scan", "why", "nine", "two")


class EncoderSubject(Subject):
    """An encoder under test.

    Attributes
    ----------
    tasks
        A task of each modality that it reads; of images one of grey and one of RGB.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        encoder = build()
        if not isinstance(encoder, Encoder):
            raise Fault(f"{type(encoder).__name__} is no encoder: subclass albench.api.Encoder")
        self.encoder = encoder
        try:
            encoder.fingerprint()
            reasons = {task: encoder.skip(task) for task in (FEATURES, TEXT, *IMAGES) if task.modality in self.reads}
        except PluginError as error:
            raise NotApplicable(first_line(error)) from error
        small = [task for task, reason in reasons.items() if reason is None]
        self.tasks = [task for task in small if task is not IMAGES[-1]] or small
        if not self.tasks:
            told = next((reason for reason in reasons.values() if reason), "its modalities name nothing that is known")
            raise NotApplicable(f"it does not run on the kit's tasks: {told}")

    @property
    def reads(self) -> frozenset[str]:
        """The modalities that it says it reads."""
        return frozenset(self.encoder.modalities)

    def cases(self) -> Iterator[tuple[Task, np.ndarray, Encoder]]:
        """A task, items of it, and the encoder fitted on its pool, one after the other."""
        for task in self.tasks:
            self.case = f"{ITEMS} items, {task.modality} of shape {task.shape}"
            yield task, items(task), self.fitted(task)

    def fitted(self, task: Task) -> Encoder:
        """A fresh encoder, fitted on the pool of a task."""
        return fit(self.build(), items(task, POOL, seed=1))


def fit(encoder: Encoder, pool: np.ndarray) -> Encoder:
    """The encoder fitted on training items.

    Raises
    ------
    Fault
        Where ``fit`` gives something else.
    """
    made: object = encoder.fit(pool)
    if not isinstance(made, Encoder):
        raise Fault(f"fit returned a {type(made).__name__}: return the encoder, fitted")
    return made


def items(task: Task, count: int = ITEMS, seed: int = 0) -> np.ndarray:
    """(count, ...) items, all different: uint8 images, float32 features, or texts."""
    rng = seeds.numpy_stream("conformance", "items", seed)
    if task.modality == "features":
        return rng.standard_normal((count, *task.shape)).astype(np.float32)
    if task.modality == "image":
        return rng.integers(0, 256, (count, *task.shape), dtype=np.uint8)
    texts = np.empty(count, object)
    texts[:] = [f"{' '.join(rng.choice(WORDS, 3 + row % 5))} {row}?" for row in range(count)]
    return texts


def encode(encoder: Encoder, x: np.ndarray, block: int = 0) -> np.ndarray:
    """(n, D) vectors of items, ``block`` at a time; all at once where 0.

    Raises
    ------
    Fault
        Where what comes are no finite float32 vectors, one an item.
    """
    size = block or len(x)
    parts = []
    for start in range(0, len(x), size):
        given = x[start : start + size]
        made: object = encoder.encode(given.copy(), CPU)
        if not isinstance(made, np.ndarray):
            raise Fault(f"encode returned a {type(made).__name__}, not a NumPy array: write vectors.cpu().numpy()")
        if made.ndim != 2 or len(made) != len(given):
            raise Fault(f"encode gave {made.shape} of {len(given)} items; (n, D) is needed")
        if made.dtype != np.float32:
            raise Fault(f"encode gave {made.dtype}: write vectors.astype(np.float32)")
        if not np.isfinite(made).all():
            raise Fault("encode gave a number that is not finite")
        parts.append(made)
    return np.concatenate(parts)


def differ(one: np.ndarray, other: np.ndarray, rounding: float = ROUNDING) -> bool:
    """Whether vectors are others by more than rounding."""
    if one.shape != other.shape:
        return True
    scale = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    return bool(np.abs(one - other).max(initial=0) > rounding * max(scale, 1e-30))
