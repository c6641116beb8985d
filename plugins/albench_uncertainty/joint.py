"""The labels of a batch under several networks, and what one more label would tell about which network is right."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from albench.kernels import sent
from albench_uncertainty.candidates import Candidates

NARROW_BLOCK = 2**18
"""Numbers in one block of float32 label probabilities, which are read several times while they stay in the cache."""
NARROW = 256
"""Configurations in such a block."""
UNLIKELY = 1e-5
"""Probability of the least likely configurations, taken together, that rough gains leave out."""
TINY = torch.finfo(torch.float32).tiny


class _Likely(NamedTuple):
    """The likely configurations: networks (T, s) and probabilities (s,) of some in float32, of all of them (T,) float64
    the probability of each network, and what is left out.
    """

    blocks: list[tuple[Tensor, Tensor]]
    weight: Tensor
    unlikely: float


class Joint:
    """The labels of the items chosen so far: every configuration while they are few, drawn ones from then on.

    Parameters
    ----------
    candidates
        Their probabilities.
    limit
        Most configurations that are enumerated.
    draws
        How many are drawn where there are more.
    generator
        Draws them.
    """

    def __init__(self, candidates: Candidates, limit: int, draws: int, generator: torch.Generator) -> None:
        self.candidates = candidates
        self.device = candidates.device
        self._limit = limit
        self._draws = draws
        self.generator = generator
        self.drawn = False
        # (S,) probability of a configuration, and (S, T) that of each network given the configuration.
        n = candidates.n_networks
        mass = torch.ones(1, dtype=torch.float64, device=self.device)
        self._set(mass, torch.full((1, n), 1 / n, dtype=torch.float64, device=self.device))

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def error(self) -> float:
        """Nats by which a rough gain differs at most from one of ``gains``.

        With u = 2^-24, float32 sums of n terms of one sign are off by a share of (n - 1) u of themselves in whatever
        order (Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 4.2), so the probability l of a
        label by a share of T + 2, its factors rounded as well. Where l is off by a share of d, ``-sum l log l`` is by
        d (log C + 1) at most, as ``l (1 + d) log(1 + d)`` is less than ``l d (1 + d)``. A logarithm is right to 8 u,
        products to 1, probabilities of configurations to 1, and sums over n of these to n. The unlikely ones would add
        between nothing and their probability times log C, of which half is in the gain. What is left of 16 units is
        over products of shares and what float64 rounds.
        """
        n_classes, networks = self.candidates.n_classes, self.candidates.n_networks
        units = networks + min(len(self._mass), NARROW) + 16
        rounding = (math.log(n_classes) + 1) * units * torch.finfo(torch.float32).eps / 2
        return rounding + UNLIKELY * math.log(n_classes) / 2

    def rough(self, positions: Tensor) -> Tensor:
        """(m,) float64 ``gains``, each off by at most ``error``: products and logarithms are of float32."""
        likely, n_classes = self._likely(), self.candidates.n_classes
        probs, within = self.candidates.probs[positions].float(), self.candidates.within[positions]
        width = len(likely.blocks[0][1])
        parts = probs.split(max(1, NARROW_BLOCK // (width * n_classes)))
        # Written over again and again: memory that is new is not in the cache.
        labels, logarithms = probs.new_empty(2, len(parts[0]) * n_classes, width)
        found = []
        for part in parts:
            between = torch.zeros(len(part) * n_classes, dtype=torch.float64, device=self.device)
            for networks, mass in likely.blocks:
                block = slice(len(between)), slice(len(mass))
                label = torch.mm(part.flatten(0, 1), networks, out=labels[block])
                terms = torch.clamp_min(label, TINY, out=logarithms[block]).log_().mul_(label)
                between += terms @ mass
            found.append(between.view(len(part), -1).sum(dim=1))
        unseen = likely.unlikely * math.log(n_classes) / 2
        return (unseen - torch.cat(found) - within @ likely.weight).clamp(min=0)

    def gains(self, positions: Tensor | None = None) -> Tensor:
        """(m,) float64 nats that each candidate (m,), by default all, would add to the batch's mutual information."""
        probs, within = self.candidates.wide(positions)
        tiny, n_classes = torch.finfo(torch.float64).tiny, self.candidates.n_classes
        columns = max(1, self.candidates.block // (len(self._mass) * n_classes)) * n_classes
        found = []
        for part in probs.split(columns, dim=1):
            label = self._networks @ part
            found.append(self._mass @ label.clamp_min(tiny).log_().mul_(label))
        between = torch.cat(found).view(-1, n_classes).sum(dim=1)
        return (-between - self._weight @ within).clamp(min=0)

    def add(self, position: int) -> None:
        """Take a candidate into the batch."""
        self.take(self.candidates.probs[position])
        possible = self._mass > 0
        if not bool(possible.all()):
            self._set(self._mass[possible], self._networks[possible])

    def take(self, probs: Tensor) -> bool:
        """Take a candidate with probabilities (C, T) into the batch, without leaving impossible configurations out.

        False where some are when labels begin to be drawn, which is of no use then.
        """
        probs = probs.double()
        label = self._networks @ probs.T  # (S, C), given the configuration
        if not self.drawn and label.numel() <= self._limit:
            mass = (self._mass[:, None] * label).flatten()
            joint = (self._networks[:, None, :] * probs).flatten(0, 1)
        else:
            networks, mass = self._networks, self._mass
            if not self.drawn:
                weights = mass.cpu()
                if not bool((weights > 0).all()):
                    return False
                rows = sent(weights.multinomial(self._draws, replacement=True, generator=self.generator), self.device)
                networks, label = networks[rows], label[rows]
                mass = torch.full((self._draws,), 1 / self._draws, dtype=torch.float64, device=probs.device)
                self.drawn = True
            joint = probs[self._labels(label)].mul_(networks)
        self._set(mass, joint.div_(joint.sum(dim=1, keepdim=True)))
        return True

    def least(self) -> Tensor | None:
        """() the smallest probability of a configuration; None where all have been drawn, so that it is above 0."""
        return None if self.drawn else self._mass.amin()

    def anew(self) -> Joint:
        """One of the same candidates without a batch; the stream of draws goes on."""
        return Joint(self.candidates, self._limit, self._draws, self.generator)

    def _set(self, mass: Tensor, networks: Tensor) -> None:
        self._mass, self._networks = mass, networks
        self._weight = mass @ networks
        self._found: _Likely | None = None

    def _likely(self) -> _Likely:
        if self._found is None:
            mass, networks, rest = self._mass, self._networks, 0.0
            if not self.drawn:
                mass, order = mass.sort(descending=True, stable=True)
                n = int((mass.cumsum(dim=0) < 1 - UNLIKELY).sum()) + 1
                rest = float(mass[n:].sum())
                mass, networks = mass[:n], networks[order[:n]]
            blocks = zip(networks.float().split(NARROW), mass.float().split(NARROW), strict=True)
            self._found = _Likely([(part.T, some) for part, some in blocks], mass @ networks, rest)
        return self._found

    def _labels(self, weights: Tensor) -> Tensor:
        """(S,) a column of each row in proportion to its weights (S, C): the first of exponential waiting times.

        They are drawn on the CPU, the numbers that ``torch.multinomial`` draws there.
        """
        waits = torch.empty(weights.shape, dtype=weights.dtype).exponential_(generator=self.generator)
        return (weights / sent(waits, self.device)).argmax(dim=1)
