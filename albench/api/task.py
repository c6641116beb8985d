"""What a component is told of the problem: shapes and names, never labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from albench.errors import DataError, nearest

Modality = Literal["features", "image", "text"]


@dataclass(frozen=True)
class Task:
    """One classification problem.

    Attributes
    ----------
    modality
        ``"features"`` for vectors ``(D,)``, ``"image"`` for ``(C, H, W)``, ``"text"`` for texts ``()``.
    shape
        Shape of one item.
    n_classes
        Number of classes; labels are ``0 .. n_classes - 1``.
    class_names
        One name a class, in label order.
    ordinal
        True where the class order means something (grades).
    pool_size
        Number of items in the training split.
    n_groups
        Number of groups (patients) in the training split; 0 where unknown.
    embedding_size
        Length of the backbone's embedding; 0 until the core has built one.

    Raises
    ------
    DataError
        Where the modality is none of these.
    """

    modality: Modality
    shape: tuple[int, ...]
    n_classes: int
    class_names: tuple[str, ...]
    ordinal: bool = False
    pool_size: int = 0
    n_groups: int = 0
    embedding_size: int = 0

    def __post_init__(self) -> None:
        known = get_args(Modality)
        if self.modality not in known:
            close = nearest(str(self.modality), known)
            hint = f"did you mean '{close}'?" if close else f"choose from {', '.join(known)}."
            raise DataError(f"the task's modality is {self.modality!r}: {hint}")
