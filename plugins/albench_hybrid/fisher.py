"""Fisher information of a linear softmax layer, ``(diag(p) - p p^T) (x) z z^T`` for each item, never written out."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from albench.kernels import NonFiniteScores

_FLOATS = 1 << 22
"""Numbers in one block."""


def fisher_sum(probs: Tensor, z: Tensor) -> Tensor:
    """Sum of the Fisher information of items.

    Parameters
    ----------
    probs, z
        (N, C) and (N, d).

    Returns
    -------
    (C * d, C * d) float64, the class being the slower index.

    Raises
    ------
    NonFiniteScores
        The squares of the embeddings overflow.
    """
    n_classes, d = probs.shape[1], z.shape[1]
    total = torch.zeros(n_classes * d, n_classes * d, dtype=torch.float64, device=z.device)
    own = torch.zeros(n_classes * d, d, dtype=torch.float64, device=z.device)
    rows = max(1, _FLOATS // (n_classes * d))
    for p, part in zip(_normalized(probs).split(rows), z.split(rows), strict=True):
        # p (1 - p) on the diagonal is a product of its own, as p - p**2 would lose the digits of sure items.
        outer = (p.to(z.dtype)[:, :, None] * part[:, None, :]).flatten(1)
        total -= outer.T @ outer
        own += (((p * (1.0 - p)).to(z.dtype))[:, :, None] * part[:, None, :]).flatten(1).T @ part
    blocks = total.view(n_classes, d, n_classes, d)
    for c in range(n_classes):
        blocks[c, :, c] = own[c * d : (c + 1) * d]
    _require_finite(total)
    return total


def weighted_moment(probs: Tensor, z: Tensor) -> Tensor:
    """(D, D) float64: sum of ``z z^T`` over embeddings (N, D), weighted by ``trace(diag(p) - p p^T) = 1 - |p|^2``."""
    moment = torch.zeros(z.shape[1], z.shape[1], dtype=torch.float64, device=z.device)
    rows = max(1, _FLOATS // z.shape[1])
    for p, part in zip(_normalized(probs).split(rows), z.split(rows), strict=True):
        scaled = part * (p * (1.0 - p)).sum(dim=1, keepdim=True).sqrt().to(z.dtype)
        moment += scaled.T @ scaled
    return moment


def leading_directions(moment: Tensor, n: int) -> Tensor:
    """(D, n) float32, orthonormal: the subspace that keeps the most of the trace of the Fisher information.

    They are the leading eigenvectors of the embeddings' ``weighted_moment``.
    """
    _require_finite(moment)
    return torch.linalg.eigh(moment).eigenvectors[:, -n:].float()


class FisherItems:
    """Square roots V (C * d, r) of the Fisher information of items, kept as factors.

    Column j belongs to the class y_j, the j-th most probable of the item: ``sqrt(weight * p_y) (e_y - p) (x) z``.

    Parameters
    ----------
    probs, z
        (n, C) and (n, d).
    weight
        What the Fisher information is multiplied by.
    n_labels
        r, at most C; with C of them V V^T is the Fisher information itself.
    """

    def __init__(self, probs: Tensor, z: Tensor, weight: float, n_labels: int) -> None:
        p = _normalized(probs)
        self.z = z
        self.p = p.to(z.dtype)
        self.every = n_labels >= p.shape[1]  # in the order of the classes: what is asked of V V^T knows of no order
        values, self.labels = (
            (p, torch.arange(p.shape[1], device=p.device).expand(p.shape)) if self.every else p.topk(n_labels, dim=1)
        )
        self.scale = (weight * values).sqrt().to(z.dtype)

    def rows(self, positions: Tensor | slice) -> FisherItems:
        """Some of the items."""
        part = object.__new__(FisherItems)
        part.z, part.p = self.z[positions], self.p[positions]
        part.labels, part.scale, part.every = self.labels[positions], self.scale[positions], self.every
        return part

    def split(self) -> Iterator[FisherItems]:
        """The items in blocks, for ``quadratic``."""
        n, n_classes = self.p.shape
        rows = max(1, _FLOATS // (n_classes * (n_classes + 1) // 2 * self.z.shape[1]))
        for i in range(0, n, rows):
            yield self.rows(slice(i, i + rows))

    def root(self, place: Tensor) -> Tensor:
        """(C * d, r) the V of the item at a place (1,)."""
        p, z, labels, scale = (each.index_select(0, place)[0] for each in (self.p, self.z, self.labels, self.scale))
        a = -p[:, None].repeat(1, len(labels))
        a[labels, torch.arange(len(labels), device=a.device)] += 1.0
        return torch.einsum("cr,d->cdr", a * scale, z).flatten(0, 1)

    def project(self, u: Tensor) -> Tensor:
        """(n, r, m) V^T u of u (C * d, m)."""
        n_classes, d, m = self.p.shape[1], self.z.shape[1], u.shape[1]
        columns = u.view(n_classes, d, m).transpose(0, 1).reshape(d, n_classes * m)
        return self._across_classes((self.z @ columns).view(-1, n_classes, m))

    def quadratic(self, *matrices: Tensor) -> list[Tensor]:
        """(n, r, r) V^T Q V for each of some symmetric matrices Q (C * d, C * d)."""
        n_classes, d = self.p.shape[1], self.z.shape[1]
        row, column = torch.triu_indices(n_classes, n_classes, device=self.z.device)
        place = torch.empty(n_classes, n_classes, dtype=torch.int64, device=self.z.device)
        place[row, column] = place[column, row] = torch.arange(len(row), device=self.z.device)
        results = []
        for matrix in matrices:
            # Only one of the blocks (c, c') and (c', c): z^T Q z is the same for both.
            blocks = matrix.view(n_classes, d, n_classes, d).permute(0, 2, 1, 3)[row, column]
            images = (self.z @ blocks.transpose(0, 1).reshape(d, -1)).view(-1, len(row), d)
            values = torch.bmm(images, self.z[:, :, None])[:, :, 0][:, place]
            results.append(self._across_classes(self._across_classes(values).mT))
        return results

    def _across_classes(self, t: Tensor) -> Tensor:
        """(n, r, m): the rows of t (n, C, m) taken together as the columns of V take the classes."""
        mean = (self.p[:, :, None] * t).sum(dim=1, keepdim=True)
        own = t if self.every else t.gather(1, self.labels[:, :, None].expand(-1, -1, t.shape[2]))
        return (own - mean).mul_(self.scale[:, :, None])


def _normalized(probs: Tensor) -> Tensor:
    """float64 rows that sum to 1, so that 1 - p is right for an item that is nearly sure."""
    p = probs.double()
    return p / p.sum(dim=1, keepdim=True)


def _require_finite(matrix: Tensor) -> None:
    if not bool(torch.isfinite(matrix).all()):
        raise NonFiniteScores("the Fisher information of the embeddings is not finite: check the model's outputs")
