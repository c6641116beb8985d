"""Embeddings of length 1 without a scaled copy of the pool: rows are scaled where they are read."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.finite import require_finite

_ROWS = 8192
"""Rows of one block."""


class UnitRows:
    """The rows of some matrices, one below the other, each scaled to length 1 (a row of zeros stays one).

    Reads like a tensor of all rows where kernels take ``Rows``; what it hands out are copies.

    Parameters
    ----------
    parts
        (N_i, D) float32 matrices.

    Raises
    ------
    NonFiniteScores
        Rows are not finite; the message counts them.
    """

    def __init__(self, *parts: Tensor) -> None:
        for part in parts:
            require_finite(embeddings=part)
        self._parts = parts
        lengths = (torch.linalg.vector_norm(rows, dim=1) for part in parts for rows in part.split(_ROWS))
        self._length = joined(lengths, sum(map(len, parts))).clamp_min_(1e-12)

    def __len__(self) -> int:
        return len(self._length)

    @property
    def shape(self) -> tuple[int, int]:
        """(N, D)."""
        return len(self), self._parts[0].shape[1]

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self._length.device

    def __getitem__(self, rows: slice | Tensor) -> Tensor:
        """(n, D) scaled rows: a stretch of them, those at (n,) positions, or those of a (N,) mask."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            found = torch.cat([part[max(start - low, 0) : max(stop - low, 0)] for low, part in self._placed()])
        else:
            if rows.dtype == torch.bool:
                rows = rows.nonzero()[:, 0]
            if len(self._parts) == 1:  # whose rows the host need not look for
                return self._parts[0][rows].div_(self._length[rows, None])
            found = self._parts[0].new_empty(len(rows), self.shape[1])
            for low, part in self._placed():
                if self.device.type != "cpu":  # which would be waited for to know how many are inside
                    these = part[(rows - low).clamp_(0, len(part) - 1)]
                    found = torch.where((rows >= low)[:, None], these, found) if low else these
                    continue
                inside = ((rows >= low) & (rows < low + len(part))).nonzero()[:, 0]
                if len(inside) == len(rows):
                    found = part[rows - low]
                else:
                    found[inside] = part[rows[inside] - low]
        return found.div_(self._length[rows, None])

    def split(self, size: int) -> Iterator[Tensor]:
        """All scaled rows, ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def mean(self) -> Tensor:
        """(D,) the mean of the scaled rows."""
        total = torch.zeros(self.shape[1], dtype=torch.float64, device=self.device)
        for rows in self.split(_ROWS):  # a list of sums, each above a freed block, would keep every block's place
            total += rows.sum(dim=0)
        return (total / len(self)).to(self._parts[0].dtype)

    def _placed(self) -> Iterator[tuple[int, Tensor]]:
        """Each part that has rows, after the position of its first one."""
        low = 0
        for part in self._parts:
            if len(part):
                yield low, part
            low += len(part)


Rows = Tensor | UnitRows
"""What is read by rows: (N, D) float32."""


def mean_row(x: Rows) -> Tensor:
    """(D,) the mean of all rows."""
    return x.mean(dim=0) if isinstance(x, Tensor) else x.mean()
