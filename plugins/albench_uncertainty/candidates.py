"""What several networks say of the items that a batch is chosen from; where it is costly, of those looked at alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from albench.kernels import entropy, sent, top_k

BLOCK = 2**22
"""Numbers in one block of float64 probabilities."""
FIRST = 32
"""Items that are worked out the first time; later as many as there are already."""


class Candidates:
    """Probabilities (M, C, T) of M candidates under T networks, which lie together, and entropies (M, T) of them.

    Parameters
    ----------
    probs
        (T, M, C) probabilities.
    """

    _of_some: Callable[[Tensor], Tensor]

    def __init__(self, probs: Tensor) -> None:
        n_networks, n, n_classes = probs.shape
        self._hold((n, n_classes, n_networks), probs.device)
        self.probs = probs.permute(1, 2, 0).contiguous()
        self._measure(torch.arange(len(self), device=probs.device))
        self._left: Tensor | None = None
        self.alone = self._alone()
        self.kind = kinds(self.probs.flatten(1))

    @classmethod
    def looked_at(
        cls, alone: Tensor, kind: Tensor, shape: tuple[int, int, int], of_some: Callable[[Tensor], Tensor]
    ) -> Candidates:
        """Those whose probabilities are worked out when they are looked at.

        Parameters
        ----------
        alone
            (M,) nats of each candidate's own mutual information, but for less than ``ROUGH``.
        kind
            (M,) equal for copies.
        shape
            M, C, T.
        of_some
            Gives (T, m, C) of some candidates (m,), the same numbers whichever others are asked for beside them.
        """
        found = cls.__new__(cls)
        found._hold(shape, alone.device)
        found.alone, found.kind = alone, kind
        found._of_some = of_some
        found._left = top_k(alone, len(alone))
        return found

    def _hold(self, shape: tuple[int, int, int], device: torch.device) -> None:
        n, n_classes, n_networks = shape
        self.n_classes, self.n_networks = n_classes, n_networks
        self.device = device
        self._wide: tuple[Tensor, Tensor] | None = None
        self.probs = torch.empty(n, n_classes, n_networks, device=device)
        self._within = torch.empty(n, n_networks, dtype=torch.float64, device=device)

    def __len__(self) -> int:
        return len(self.probs)

    @property
    def rough(self) -> bool:
        """Whether ``alone`` may be off."""
        return self._left is not None

    def ranking(self) -> Tensor:
        """(M,) all of them, the largest own mutual information first, the lowest among equals."""
        if self._left is not None:
            self._work_out(self._left)
        return top_k(self._alone(), len(self))

    def look_at(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """(m, C, T) probabilities of some candidates (m,), and (m, T) float64 their entropies in nats."""
        if self._left is not None and bool((wanted := torch.isin(self._left, positions)).any()):
            # Those of large information are looked at next, and many at a time are worked out faster.
            count = max(FIRST, len(self) - len(self._left)) - int(wanted.sum())
            wanted[(~wanted).nonzero()[: max(0, count), 0]] = True
            self._work_out(self._left[wanted])
            self._left = self._left[~wanted]
        return self.probs[positions], self._within[positions]

    def all(self) -> tuple[Tensor, Tensor]:
        """(T, M * C) float64 probabilities of all candidates, and (T, M) their entropies, kept for the next time."""
        if self._wide is None:
            self._wide = self.probs.double().permute(2, 0, 1).flatten(1), self._within.T.contiguous()
        return self._wide

    def _work_out(self, positions: Tensor) -> None:
        if not len(positions):
            return
        self.probs[positions] = self._of_some(positions).permute(1, 2, 0)
        self._measure(positions)

    def _measure(self, positions: Tensor) -> None:
        for part in positions.split(max(1, BLOCK // (self.n_classes * self.n_networks))):
            self._within[part] = entropy(self.probs[part].double().mT)

    def _alone(self) -> Tensor:
        """(M,) float64 nats of each candidate's own mutual information."""
        parts = self.probs.split(max(1, BLOCK // (self.n_classes * self.n_networks)))
        between = torch.cat([entropy(part.mean(dim=2, dtype=torch.float64)) for part in parts])
        return (between - self._within.mean(dim=1)).clamp(min=0)


def kinds(rows: Tensor) -> Tensor:
    """(M,) int64, equal for equal rows (M, n) float32."""
    # Sums of whole numbers that wrap around, so that their order changes nothing.
    bits = (rows + 0.0).float().view(torch.int32).long()  # -0 becomes 0
    return (bits * sent(_factors(bits.shape[1]), rows.device)).sum(dim=1)


def _factors(n: int) -> Tensor:
    """(n,) odd int64 without a pattern: SplitMix64's mixing of 1 to n (Steele, Lea and Flood 2014), and 1."""
    x = torch.arange(1, n + 1) * _signed(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> shift)) * _signed(factor)
    return x | 1


def _signed(x: int) -> int:
    """The int64 of the same 64 bits."""
    return x - 2**64 if x >= 2**63 else x
