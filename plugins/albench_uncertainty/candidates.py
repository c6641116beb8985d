"""What several networks say of the items that a batch is chosen from."""

from __future__ import annotations

import torch
from torch import Tensor

from albench.kernels import sent

DEVICE_BLOCK = 2**25
"""Numbers in one block of float64 on a device, which has more memory than it has patience for small kernels."""
BLOCK = 2**20
"""Numbers in one block on the CPU."""


class Candidates:
    """Probabilities of M candidates of C classes under T networks.

    Parameters
    ----------
    probs
        (T, M, C) probabilities.

    Attributes
    ----------
    probs
        (M, C, T), the networks beside each other.
    within
        (M, T) float64 nats, the entropy under each network.
    alone
        (M,) float64 nats, each candidate's own mutual information.
    kind
        (M,) int64, equal for copies.
    block
        Numbers in one block of float64.
    """

    def __init__(self, probs: Tensor) -> None:
        self.n_networks, _, self.n_classes = probs.shape
        self.device = probs.device
        self.block = BLOCK if self.device.type == "cpu" else DEVICE_BLOCK
        self.probs = probs.permute(1, 2, 0).contiguous()
        within, between = [], []
        for part in self.probs.split(max(1, self.block // (self.n_classes * self.n_networks))):
            wide = part.double()
            within.append(_entropy(wide))
            between.append(_entropy(wide.mean(dim=2)))
        self.within = torch.cat(within)
        self.alone = (torch.cat(between) - self.within.mean(dim=1)).clamp(min=0)
        self.kind = kinds(self.probs.flatten(1))
        self._wide: tuple[Tensor, Tensor] | None = None

    def __len__(self) -> int:
        return len(self.probs)

    def wide(self, positions: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(T, m * C) float64 probabilities of some candidates (m,), and (T, m) their entropies.

        Those of all, without positions, are kept for the next time.
        """
        if positions is not None:
            return _networks_first(self.probs[positions]), self.within[positions].T
        if self._wide is None:
            self._wide = _networks_first(self.probs), self.within.T.contiguous()
        return self._wide


def _networks_first(probs: Tensor) -> Tensor:
    """(T, m * C) float64 of (m, C, T)."""
    return probs.double().permute(2, 0, 1).flatten(1)


def _entropy(probs: Tensor) -> Tensor:
    """(m, ...) nats of probabilities (m, C, ...), whose classes do not lie side by side."""
    return probs.clamp_min(torch.finfo(probs.dtype).tiny).log_().mul_(probs).sum(dim=1).neg_()


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
