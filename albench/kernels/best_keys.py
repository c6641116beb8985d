"""The best keys of a block of rows, of blocks of columns that come one after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from albench.kernels.ordering import WORST, pack, unpack

GROUP = 16
"""Entries of which the largest is looked at first; blocks have whole groups of columns."""


def best_keys(n_rows: int, k: int, device: torch.device) -> Best | BestOnDevice:
    """What keeps the best k keys of so many rows."""
    return (Best if device.type == "cpu" else BestOnDevice)(n_rows, k, device)


class Best:
    """The best k keys of a block of rows so far, and entries that are still to be merged in.

    Columns have to be offered in ascending order: then an entry equal to the worst one kept can be dropped at once.
    """

    def __init__(self, n_rows: int, k: int, device: torch.device) -> None:
        self.keys = torch.full((n_rows, k), WORST, dtype=torch.int64, device=device)
        self.lowest: Tensor | None = None
        self.pending: list[tuple[Tensor, Tensor]] = []
        self.n_pending = 0

    def offer(self, similarity: Tensor, first_column: int, *, transposed: bool = False) -> None:
        """Take in a block (rows, columns), or (columns, rows), whose columns start at a position."""
        n_rows, k = self.keys.shape
        # Strided groups: column g * width + w is entry g of group w, so that the maximum runs over whole vectors of
        # memory, in either layout; a maximum over a transposed view takes sixty times as long.
        if transposed:
            grouped = similarity.view(GROUP, -1, n_rows).permute(2, 0, 1)
            peak = similarity.view(GROUP, -1, n_rows).amax(dim=0).T
        else:
            grouped = similarity.view(n_rows, GROUP, -1)
            peak = grouped.amax(dim=1)
        if self.lowest is not None:
            lowest = self.lowest
        elif peak.shape[1] >= k:
            # k groups reach at least this, so k entries do.
            lowest = peak.topk(k, dim=1).values[:, -1]
        else:
            lowest = torch.full((n_rows,), -torch.inf, device=similarity.device)
        row, group = (peak >= lowest[:, None]).nonzero(as_tuple=True)
        if len(row) == 0:
            return
        entries = grouped[row, :, group]
        passing = (entries >= lowest[row, None]) & (entries > -torch.inf)
        hit, member = passing.nonzero(as_tuple=True)
        column = first_column + member * peak.shape[1] + group[hit]
        self.pending.append((row[hit], pack(entries[hit, member], column)))
        self.n_pending += len(hit)
        if self.lowest is None or self.n_pending >= self.keys.numel():
            self.merge()

    def merge(self) -> None:
        """Merge what is pending; afterwards ``keys`` is sorted, best first."""
        n_rows, k = self.keys.shape
        if self.n_pending:
            row, order = torch.cat([r for r, _ in self.pending]).sort(stable=True)
            new = torch.cat([key for _, key in self.pending])[order]
            count = torch.bincount(row, minlength=n_rows)
            slot = torch.arange(len(row), device=row.device) - (count.cumsum(0) - count)[row]
            padded = torch.full((n_rows, int(count.max())), WORST, dtype=torch.int64, device=row.device)
            padded[row, slot] = new
            self.keys = torch.cat([self.keys, padded], dim=1).topk(k, dim=1).values
            self.pending, self.n_pending = [], 0
        worst = self.keys[:, -1]
        if bool((worst > WORST).all()):
            self.lowest = torch.nextafter(unpack(worst)[0], torch.full((), torch.inf, device=worst.device))


class BestOnDevice:
    """The same where the host would wait for the device to know what passes: each block's best are sorted in."""

    def __init__(self, n_rows: int, k: int, device: torch.device) -> None:
        self.keys = torch.full((n_rows, k), WORST, dtype=torch.int64, device=device)

    def offer(self, similarity: Tensor, first_column: int, *, transposed: bool = False) -> None:
        """Take in a block (rows, columns), or (columns, rows), whose columns start at a position."""
        k, device = self.keys.shape[1], similarity.device
        entries = (similarity.T if transposed else similarity).unflatten(1, (-1, GROUP))
        # Of groups of neighbouring columns that peak alike the first holds the lowest column, so that k groups do.
        peaks = pack(entries.amax(dim=2), torch.arange(entries.shape[1], device=device))
        group = unpack(peaks.topk(min(k, entries.shape[1]), dim=1).values)[1][:, :, None]
        column = group * GROUP + torch.arange(first_column, first_column + GROUP, device=device)
        new = pack(entries.gather(1, group.expand(-1, -1, GROUP)), column).flatten(1)
        self.keys = torch.cat([self.keys, new], dim=1).topk(k, dim=1).values

    def merge(self) -> None:
        """Nothing is pending."""
