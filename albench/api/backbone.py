"""The contract of a backbone: builds the task model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from albench.api.strategy import NEEDS

if TYPE_CHECKING:
    import torch
    from torch import nn

    from albench.api.task import Modality, Task


TRAINING = frozenset({"steps", "whole"})
"""How a backbone is trained by a method: by gradient steps on batches, or whole, on all labelled items at once."""


class Backbone:
    """Base of a backbone. Subclass as a frozen dataclass whose fields are the options."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({"features", "image"})
    """What it can read."""
    vmap_safe: ClassVar[bool] = False
    """True where the module has no state but its parameters (no batch statistics), so that seeds can share a step."""
    training: ClassVar[frozenset[str]] = frozenset({"steps"})
    """How it can be trained, of ``TRAINING``; where a method can do both too, whole."""
    gives: ClassVar[frozenset[str]] = NEEDS
    """What strategies can read of its models, of ``NEEDS``; those that need more are skipped."""

    def build(self, task: Task, generator: torch.Generator) -> nn.Module:
        """The model, on the CPU, its weights drawn from ``generator`` alone.

        Returns
        -------
        A module that maps x (B, ...) to ``(logits (B, C), embedding (B, E))`` and has a module ``head`` with
        ``logits == head(embedding)``. Images arrive as float32 in 0 .. 1. Where the module has a number
        ``embedding_dropout``, training sets that share of the embedding to zero before the head: the module itself
        draws no masks, so that it stays ``vmap_safe``. A module with ``takes_lanes = True`` maps x (L, B, ...) to
        logits and embeddings of L lanes when its weights are given (L, ...), as ``albench.kernels.LaneLinear`` does.
        """
        raise NotImplementedError

    def skip(self, task: Task) -> str | None:
        """Why this backbone cannot run on the task, or None."""
        if task.modality not in self.modalities:
            remedy = "" if task.modality != "text" else ": turn texts into vectors with an encoder"
            return f"it reads {' or '.join(sorted(self.modalities))}, not {task.modality}{remedy}"
        return None
