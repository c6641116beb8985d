"""What a pretended device was asked to do, and where in the program."""

from __future__ import annotations

import sys
from collections import Counter

import torch

KINDS = ("waits", "up", "down", "float64", "sums", "writes", "draws")
WITHIN = ("torch", "albench.testing.pretended", "contextlib", "functools")
"""Modules that are not where something happens."""


class Account:
    """Counts, each by (what, where): the nearest function outside of torch, e.g. ``albench.kernels.topk.top_k``.

    Attributes
    ----------
    kernels
        Name of an operation -> how often it was launched: a lower bound, as some launch several kernels.
    captured
        The same of operations that were recorded into a graph of CUDA; its replay is one launch, ``cuda_graph``.
    waits
        Where the host waits for the device: it reads a value or a size, or sends from memory that is not pinned.
    up, down
        Copies to the device and back.
    float64
        Operations on float64.
    sums
        Float sums in no fixed order whose order can change them.
    writes
        Writes of several values to one place.
    draws
        Random numbers drawn on the device, which are others than the CPU's.
    bytes
        Of the copies, by ``up`` and ``down``.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.kernels: Counter[str] = Counter()
        self.captured: Counter[str] = Counter()
        self.waits: Counter[tuple[str, str]] = Counter()
        self.up: Counter[tuple[str, str]] = Counter()
        self.down: Counter[tuple[str, str]] = Counter()
        self.float64: Counter[tuple[str, str]] = Counter()
        self.sums: Counter[tuple[str, str]] = Counter()
        self.writes: Counter[tuple[str, str]] = Counter()
        self.draws: Counter[tuple[str, str]] = Counter()
        self.bytes: Counter[str] = Counter()
        self._error: Exception | None = None
        self._left = 0

    def fail(self, error: Exception, after: int = 0) -> None:
        """Raise an error in place of one operation, after so many; once, or where it says that the device is gone,
        of every one that follows, as CUDA does.
        """
        self._error, self._left = error, after

    def launch(self, name: str) -> None:
        """One more operation on the device."""
        if self._error is not None:
            self._left -= 1
            if self._left < 0:
                error = self._error
                if not isinstance(error, torch.AcceleratorError):
                    self._error = None
                raise error
        self.kernels[name] += 1

    def note(self, kind: str, what: str) -> None:
        """One more of a kind, at the place that asked for it."""
        getattr(self, kind)[what, place()] += 1

    def count(self, kind: str) -> int:
        """How many of a kind, or kernels."""
        return int(getattr(self, kind).total())

    def told(self, kind: str) -> str:
        """Everything of a kind in one line: ``3 x item in albench.kernels.topk.top_k``."""
        found = getattr(self, kind).most_common()
        return "; ".join(f"{number} x {what} in {where}" for (what, where), number in found)


def place() -> str:
    """The nearest function that is not torch's."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not any(name == module or name.startswith(f"{module}.") for module in WITHIN):
            return f"{name}.{frame.f_code.co_qualname}"
        frame = frame.f_back  # type: ignore[assignment]
    return "elsewhere"
