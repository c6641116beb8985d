"""Fisher information of a linear softmax layer, ``(diag(p) - p p^T) (x) z z^T`` for each item, never written out."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from albench.kernels import NonFiniteScores

_FLOATS = 1 << 22
"""Numbers in one block."""
_STRIP = 128
"""Rows of a symmetric product that are made at once."""


def fisher_sum(probs: Tensor, z: Tensor) -> Tensor:
    """Sum of the Fisher information of items, without the rows and columns of the last class.

    Those are minus the sum of the others': the same added to the weights of all classes changes no probability.

    Parameters
    ----------
    probs, z
        (N, C) and (N, d).

    Returns
    -------
    ((C - 1) * d, (C - 1) * d) float64, symmetric, the class being the slower index.

    Raises
    ------
    NonFiniteScores
        The squares of the embeddings overflow.
    """
    n_classes, d = probs.shape[1], z.shape[1]
    total = torch.zeros(n_classes * d, n_classes * d, dtype=torch.float64, device=z.device)
    rows = max(1, _FLOATS // (n_classes * d))
    for p, part in zip(_normalized(probs).split(rows), z.split(rows), strict=True):
        _add_products(total, (p.to(z.dtype)[:, :, None] * part[:, None, :]).flatten(1))
    blocks = _mirrored(total).neg_().view(n_classes, d, n_classes, d)
    # p - p**2 would lose the digits of sure items, which p times the others' p does not.
    own = blocks.diagonal(dim1=0, dim2=2).zero_()
    others = blocks.sum(dim=2).permute(1, 2, 0)
    own.copy_(-0.5 * (others + others.transpose(0, 1)))
    _require_finite(own)
    return blocks[:-1, :, :-1].reshape((n_classes - 1) * d, -1)


def weighted_moment(probs: Tensor, z: Tensor) -> Tensor:
    """(D, D) float64: sum of ``z z^T`` over embeddings (N, D), weighted by ``trace(diag(p) - p p^T) = 1 - |p|^2``."""
    moment = torch.zeros(z.shape[1], z.shape[1], dtype=torch.float64, device=z.device)
    rows = max(1, _FLOATS // z.shape[1])
    for p, part in zip(_normalized(probs).split(rows), z.split(rows), strict=True):
        _add_products(moment, part * (p * (1.0 - p)).sum(dim=1, keepdim=True).sqrt().to(z.dtype))
    return _mirrored(moment)


def _add_products(total: Tensor, x: Tensor) -> None:
    """Add x^T x to what lies on the diagonal and right of it."""
    for i in range(0, x.shape[1], _STRIP):
        total[i : i + _STRIP, i:] += x[:, i : i + _STRIP].T @ x[:, i:]


def _mirrored(total: Tensor) -> Tensor:
    """The symmetric matrix of which the diagonal and what lies right of it are known."""
    return total.triu() + total.triu(1).T


def leading_directions(moment: Tensor, n: int) -> Tensor:
    """(D, n) float32, orthonormal: the subspace that keeps the most of the trace of the Fisher information.

    They are the leading eigenvectors of the embeddings' ``weighted_moment``.
    """
    _require_finite(moment)
    return torch.linalg.eigh(moment).eigenvectors[:, -n:].float()


class FisherItems:
    """Square roots V ((C - 1) * d, r) of the Fisher information of items, kept as the factors of ``A (x) z``.

    The last class is left out, as in ``fisher_sum``. Column j of A belongs to the class y_j, the j-th most probable of
    the item: ``sqrt(weight * p_y) (e_y - p)``. Where all C classes count, C - 1 columns have the same product, those of
    all but the last: ``sqrt(weight * p_y) (e_y - p / (1 + sqrt(p_last)))``.

    Parameters
    ----------
    probs, z
        (n, C) and (n, d) float64.
    weight
        What the Fisher information is multiplied by.
    n_labels
        Most probable classes that count; with C of them V V^T is the Fisher information itself.
    """

    def __init__(self, probs: Tensor, z: Tensor, weight: float, n_labels: int) -> None:
        p = _normalized(probs)
        classes = torch.arange(p.shape[1] - 1, device=p.device)
        if n_labels < p.shape[1]:
            values, labels = p.topk(n_labels, dim=1)
            last = torch.zeros_like(p[:, -1:])
        else:
            values, labels = p[:, :-1], classes.expand(len(p), -1)
            last = p[:, -1:].sqrt()
        p, last = p[:, :-1, None], last[:, :, None]
        # What 1 - p / (1 + last) is, with the digits of sure items.
        own = classes[:, None] == labels[:, None, :]
        a = torch.where(own, 1.0 - p + last, -p) / (1.0 + last)
        self.z = z
        self.a = a * (weight * values).sqrt()[:, None, :]

    def rows(self, positions: Tensor | slice) -> FisherItems:
        """Some of the items."""
        part = object.__new__(FisherItems)
        part.z, part.a = self.z[positions], self.a[positions]
        return part

    def split(self) -> Iterator[FisherItems]:
        """The items in blocks, for ``quadratic``."""
        n, n_classes, _ = self.a.shape
        rows = max(1, _FLOATS // (n_classes * (n_classes + 1) // 2 * self.z.shape[1]))
        for i in range(0, n, rows):
            yield self.rows(slice(i, i + rows))

    def project(self, *vectors: Tensor) -> Tensor:
        """(n, m, k, r) u^T V of k matrices u ((C - 1) * d, m)."""
        n_classes, m = self.a.shape[1], vectors[0].shape[1]
        columns = torch.stack([u.view(n_classes, -1, m).permute(1, 2, 0) for u in vectors], dim=2)
        products = torch.bmm((self.z @ columns.flatten(1)).view(len(self.z), -1, n_classes), self.a)
        return products.view(len(self.z), m, len(vectors), -1)

    def quadratic(self, *matrices: Tensor) -> list[Tensor]:
        """(n, r, r) V^T Q V for each of some symmetric matrices Q ((C - 1) * d, (C - 1) * d)."""
        n_classes, d = self.a.shape[1], self.z.shape[1]
        row, column = torch.triu_indices(n_classes, n_classes, device=self.z.device)
        place = torch.empty(n_classes, n_classes, dtype=torch.int64, device=self.z.device)
        place[row, column] = place[column, row] = torch.arange(len(row), device=self.z.device)
        results = []
        for matrix in matrices:
            # Only one of the blocks (c, c') and (c', c): z^T Q z is the same for both.
            blocks = matrix.view(n_classes, d, n_classes, d).permute(0, 2, 1, 3)[row, column]
            images = (self.z @ blocks.transpose(0, 1).reshape(d, -1)).view(-1, len(row), d)
            values = torch.bmm(images, self.z[:, :, None])[:, :, 0][:, place]
            results.append(self.a.mT @ values @ self.a)
        return results


def _normalized(probs: Tensor) -> Tensor:
    """float64 rows that sum to 1, so that 1 - p is right for an item that is nearly sure."""
    p = probs.double()
    return p / p.sum(dim=1, keepdim=True)


def _require_finite(matrix: Tensor) -> None:
    if not bool(torch.isfinite(matrix).all()):
        raise NonFiniteScores("the Fisher information of the embeddings is not finite: check the model's outputs")
