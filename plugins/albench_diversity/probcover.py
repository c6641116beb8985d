"""ProbCover: balls of one radius that cover most of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import CoverGraph, UnitRows, coarse_pays, is_covered, k_means, nearest_of_other_groups, sent

RADII = 20
"""Radii that are tried."""
SAMPLE = 2000
"""Items whose balls are looked at to choose the radius."""


@dataclass(frozen=True)
class ProbCover(Strategy):
    """Choose, one after the other, the item whose ball of radius r covers most items not covered yet.

    Embeddings are scaled to length 1. What lies within r of a labelled item is covered from the start. When everything
    is covered, or no ball covers more than its own centre, the items farthest down in position order that are not
    covered come first, then the others, lowest position first.

    The radius is the largest one whose balls are still pure: over a sample of items, the share of balls that hold items
    of one k-means cluster only (as many clusters as classes) is at least ``purity``.

    Notes
    -----
    Yehuda, Dekel, Hacohen and Weinshall (2022), "Active Learning Through a Covering Lens", NeurIPS, arXiv 2205.11320,
    algorithm 1 and the purity rule of its section on the choice of the radius. The graph of the paper is stored where
    it has few edges; where it has many, the balls of the items newly covered are measured a second time.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    cold_start: ClassVar[bool] = True

    radius: float | None = option(None, "radius of a ball, between 0 and 2; none to choose it by purity", gt=0, le=2)
    purity: float = option(0.95, "share of pure balls that the chosen radius keeps", gt=0, le=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order picked."""
        x = UnitRows(view.embeddings)
        radius = self.radius if self.radius is not None else self._radius(x, view)
        view.note("radius", radius)
        near = 1 - radius**2 / 2  # |a - b| <= r  <=>  <a, b> >= 1 - r^2 / 2 on the unit sphere
        covered = is_covered(x, UnitRows(view.labeled_embeddings), near)
        graph = CoverGraph(x, near, ~covered)
        picked = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        picks: list[int] = []
        while len(picks) < budget:
            place = graph.degree.masked_fill(picked, -1).argmax(dim=0, keepdim=True)
            best, covers = torch.cat(
                [place, graph.degree.index_select(0, place)]
            ).tolist()  # the host waits for it once
            if covers <= 1:
                break
            picks.append(best)
            picked[best] = True
            new = graph.inside(best) & ~covered
            new[best] = ~covered[best]
            covered |= new
            graph.uncount(new)
        rest = torch.cat([(~picked & ~covered).nonzero()[:, 0], (~picked & covered).nonzero()[:, 0]])
        return torch.cat([torch.tensor(picks, dtype=torch.int64, device=x.device), rest])[:budget]

    def _radius(self, x: UnitRows, view: View) -> float:
        """The largest of ``RADII`` radii whose balls are pure enough; the smallest where none is."""
        _, cluster = k_means(x, min(view.n_classes, len(x)), generator=view.generator)
        drawn = sent(torch.randperm(len(x), generator=view.generator)[:SAMPLE], x.device)
        radii = torch.linspace(0.05, 1.0, RADII)
        # Nearest item of another cluster: the ball is pure up to there.
        exact = not coarse_pays(x.device)
        least, most = nearest_of_other_groups(x, drawn, cluster, exact=exact)
        sure = _pure(most, radii)
        if not exact:
            perhaps = _pure(least, radii)
            undecided = (sure.double().mean(dim=0) < self.purity) & (perhaps.double().mean(dim=0) >= self.purity)
            doubtful = (sure != perhaps)[:, undecided].any(dim=1).nonzero()[:, 0]
            if len(doubtful):
                similarity, _ = nearest_of_other_groups(x, drawn[doubtful], cluster, exact=True)
                sure[doubtful] = _pure(similarity, radii)
        shares = sure.double().mean(dim=0).tolist()
        pure = [float(r) for r, share in zip(radii, shares, strict=True) if share >= self.purity]
        return max(pure, default=float(radii[0]))


def _pure(similarity: Tensor, radii: Tensor) -> Tensor:
    """(n, R) bool: whose ball of which radius ends before the nearest item of another cluster, so similar (n,)."""
    return (2 - 2 * similarity).clamp(min=0).sqrt()[:, None] > radii.to(similarity.device)
