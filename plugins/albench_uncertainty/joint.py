"""The labels of a batch under several networks, and what one more label would tell about which network is right."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from albench.kernels import entropy, sent
from albench_uncertainty.candidates import BLOCK, Candidates

NARROW_BLOCK = 2**17
"""Numbers in one block of float32 label probabilities, which are read several times while they stay in the cache."""
NARROW = 1024
"""Configurations in such a block."""

DEVICE_BLOCK = 2**25
"""Numbers in one block of float64 ones on a device, which has more memory than it has patience for small kernels."""


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
        self._drawn = False
        # (S,) probability of a configuration, and (S, T) that of each network given the configuration.
        n = candidates.n_networks
        mass = torch.ones(1, dtype=torch.float64, device=self.device)
        self._set(mass, torch.full((1, n), 1 / n, dtype=torch.float64, device=self.device))

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def error(self) -> float:
        """Nats by which a rough gain is off at most."""
        # Roundings of a sum over networks, of one over a block of configurations, of logarithms and products.
        units = self.candidates.n_networks + min(len(self._mass), NARROW) / 8 + 32
        return (math.log(self.candidates.n_classes) + 1) * units * torch.finfo(torch.float32).eps / 2

    def rough(self, positions: Tensor) -> Tensor:
        """(m,) float64 ``gains``, each off by at most ``error``: products and logarithms are of float32."""
        probs, within = self.candidates.look_at(positions)
        width, tiny = min(len(self._mass), NARROW), torch.finfo(torch.float32).tiny
        parts = probs.float().split(max(1, NARROW_BLOCK // (width * self.candidates.n_classes)))
        # Written over again and again: memory that is new is not in the cache.
        labels, logarithms = probs.new_empty(2, len(parts[0]) * self.candidates.n_classes, width, dtype=torch.float32)
        found = []
        for part in parts:
            between = torch.zeros(len(part), dtype=torch.float64, device=self.device)
            for networks, mass in self._narrow():
                block = slice(len(part) * self.candidates.n_classes), slice(len(mass))
                label = torch.mm(part.flatten(0, 1), networks, out=labels[block])
                terms = torch.clamp_min(label, tiny, out=logarithms[block]).log_().mul_(label)
                between += (terms @ mass).view(len(part), -1).sum(dim=1)
            found.append(between)
        return (-torch.cat(found) - within @ self._weight).clamp(min=0)

    def gains(self, positions: Tensor) -> Tensor:
        """(m,) float64 nats that each candidate (m,) would add to the batch's mutual information, at least 0."""
        probs, within = self.candidates.look_at(positions)
        rows = max(len(self._mass), self.candidates.n_networks)
        found = []
        for part in probs.split(max(1, BLOCK // (rows * self.candidates.n_classes))):
            label = self._networks @ part.double().permute(2, 0, 1).flatten(1)
            found.append(self._mass @ entropy(label.view(len(label), len(part), -1)))
        # Entropies of all items side by side: a product of rows would round copies apart.
        return (torch.cat(found) - self._weight @ within.T.contiguous()).clamp(min=0)

    def gains_of_all(self) -> Tensor:
        """(M,) float64 ``gains`` of all candidates in few calls, for a device: with the memory of ``DEVICE_BLOCK``."""
        probs, within = self.candidates.all()
        tiny, n_classes = torch.finfo(torch.float64).tiny, self.candidates.n_classes
        columns = max(1, DEVICE_BLOCK // (len(self._mass) * n_classes)) * n_classes
        found = []
        for part in probs.split(columns, dim=1):
            label = self._networks @ part
            found.append(self._mass @ label.clamp_min(tiny).log_().mul_(label))
        between = torch.cat(found).view(-1, n_classes).sum(dim=1)
        return (-between - self._weight @ within).clamp(min=0)

    def add(self, position: int) -> None:
        """Take a candidate into the batch."""
        self.take(self.candidates.look_at(torch.tensor([position], device=self.device))[0][0])
        possible = self._mass > 0
        if not bool(possible.all()):
            self._set(self._mass[possible], self._networks[possible])

    def take(self, probs: Tensor) -> bool:
        """Take a candidate with probabilities (C, T) into the batch, without leaving impossible configurations out.

        False where some are when labels begin to be drawn, which is of no use then.
        """
        probs = probs.double()
        label = self._networks @ probs.T  # (S, C), given the configuration
        if not self._drawn and label.numel() <= self._limit:
            mass = (self._mass[:, None] * label).flatten()
            joint = (self._networks[:, None, :] * probs).flatten(0, 1)
        else:
            networks, mass = self._networks, self._mass
            if not self._drawn:
                weights = mass.cpu()
                if not bool((weights > 0).all()):
                    return False
                rows = sent(weights.multinomial(self._draws, replacement=True, generator=self.generator), self.device)
                networks, label = networks[rows], label[rows]
                mass = torch.full((self._draws,), 1 / self._draws, dtype=torch.float64, device=probs.device)
                self._drawn = True
            joint = probs[self._labels(label)].mul_(networks)
        self._set(mass, joint.div_(joint.sum(dim=1, keepdim=True)))
        return True

    def least(self) -> Tensor | None:
        """() the smallest probability of a configuration; None where all have been drawn, so that it is above 0."""
        return None if self._drawn else self._mass.amin()

    def anew(self) -> Joint:
        """One of the same candidates without a batch; the stream of draws goes on."""
        return Joint(self.candidates, self._limit, self._draws, self.generator)

    def _set(self, mass: Tensor, networks: Tensor) -> None:
        self._mass, self._networks = mass, networks
        self._weight = mass @ networks
        self._blocks: list[tuple[Tensor, Tensor]] = []

    def _narrow(self) -> list[tuple[Tensor, Tensor]]:
        """Blocks of the networks (T, s) and probabilities (s,) of configurations, in float32."""
        if not self._blocks:
            narrow = self._networks.float().split(NARROW), self._mass.float().split(NARROW)
            self._blocks = [(part.T, mass) for part, mass in zip(*narrow, strict=True)]
        return self._blocks

    def _labels(self, weights: Tensor) -> Tensor:
        """(S,) a column of each row in proportion to its weights (S, C): the first of exponential waiting times.

        They are drawn on the CPU, the numbers that ``torch.multinomial`` draws there.
        """
        waits = torch.empty(weights.shape, dtype=weights.dtype).exponential_(generator=self.generator)
        return (weights / sent(waits, self.device)).argmax(dim=1)
