"""Adversarial unstability: how far the prediction moves under the worst small push of the last-layer embedding."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from albench.kernels import joined

_ROWS, _ROWS_ON_DEVICE = 512, 1 << 16
"""Items in a block: about what a processor's caches hold."""


def adversarial_unstability(
    head: Callable[[Tensor], Tensor],
    embeddings: Tensor,
    directions: Tensor,
    *,
    xi: float = 10.0,
    eps: float = 1.0,
    iterations: int = 1,
) -> Tensor:
    """KL divergence between the predictions at each embedding and at its adversarial neighbour.

    ``iterations`` times ``d`` becomes the normalised gradient of ``KL(p(.|r) || p(.|r + xi d))`` with respect to ``d``;
    the score is ``KL(p(.|r) || p(.|r + eps d))``.

    Parameters
    ----------
    head
        Logits (n, C) of embeddings (n, E), each row by itself; differentiable.
    embeddings
        (N, E) float32.
    directions
        (N, E) where each item's power iteration starts; of any length but zero.
    xi, eps
        Length of the probe, and of the push that is scored.
    iterations
        Steps of the power iteration; with 0 the push is random.

    Returns
    -------
    (N,) float32, at least 0. An item's score depends on nothing but its own rows.

    Notes
    -----
    Miyato et al. (2018), "Virtual Adversarial Training", equations 6 to 8 and algorithm 1; used on the last layer as
    in Zhang et al. (2022), BoostMIS. The gradient is that of the *sum* over items: a mean makes it smaller as the
    pool grows, until a constant in the normalisation shortens the directions of confident items.
    """
    rows = _ROWS if embeddings.device.type == "cpu" else _ROWS_ON_DEVICE
    scores = (
        _score_block(head, r, d, xi, eps, iterations)
        for r, d in zip(embeddings.split(rows), directions.split(rows), strict=True)
    )
    return joined(scores, len(embeddings)) if len(embeddings) else embeddings.new_zeros(0)


def _score_block(
    head: Callable[[Tensor], Tensor], r: Tensor, d: Tensor, xi: float, eps: float, iterations: int
) -> Tensor:
    with torch.no_grad():
        log_p = head(r).log_softmax(dim=1)
    d = _unit(d, d)
    for _ in range(iterations):
        with torch.enable_grad():
            # The gradient with respect to d is xi times this one: the same direction.
            probe = torch.add(r, d, alpha=xi).requires_grad_()
            divergence = _divergence(log_p, head(probe)).sum()
            (gradient,) = torch.autograd.grad(divergence, probe)
        d = _unit(gradient, d)
    with torch.no_grad():
        return _divergence(log_p, head(torch.add(r, d, alpha=eps))).clamp_(min=0.0)


def _divergence(log_p: Tensor, logits: Tensor) -> Tensor:
    """KL(p || softmax(logits)) of each row, in nats."""
    return (log_p.exp() * (log_p - logits.log_softmax(dim=1))).sum(dim=1)


def _unit(vectors: Tensor, otherwise: Tensor) -> Tensor:
    """Rows of length 1; a row that is exactly zero has no direction and is taken from ``otherwise``."""
    # Scaling by the largest entry first: the squares of a confident item's gradient would underflow.
    largest = vectors.abs().amax(dim=1, keepdim=True)
    scaled = torch.where(largest > 0, vectors / largest, otherwise)
    return scaled / torch.linalg.vector_norm(scaled, dim=1, keepdim=True)
