"""Two overlapping clouds of points, one of them rare, on which a method trains for one short round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from albench.api import Batch, FeatureDataset, Method, RoundFacts, Task
from albench.augment import augmenter
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.suite.protocol import Protocol
from albench.training.batches import Batches
from albench.training.heads import with_heads
from albench.training.learner import Learner
from albench.training.loop import Trained, train_round
from albench_backbones.mlp import MLP

N, RARE, UNLABELED, STEPS = 600, 60, 64, 150
LABELS = (18, 2)
"""Labelled items of the common and of the rare class: shares as in the pool."""


class Learned(NamedTuple):
    """What came of a round."""

    recall: float
    """Share of the rare class's items that the weights' average finds."""
    pseudo_labels: float
    """Share of the rare class's items that it predicts, with at least the confidence 0.95, as such."""


def train(method: Method, seed: int, *, drawn: bool = False) -> Learned:
    """A round of the method on a pool in which one item of ten is of the rare class.

    Parameters
    ----------
    drawn
        Whether batches are those of a trial, to whose labelled items a method may add others; else they are made here,
        and each has all labelled items.
    """
    generator = torch.Generator().manual_seed(seed)
    y = (torch.arange(N) < RARE).long()
    x = torch.randn(N, 2, generator=generator) + 2.0 * y.unsqueeze(1)
    labeled = torch.cat([RARE + torch.arange(LABELS[0]), torch.arange(LABELS[1])])
    task = Task("features", (2,), 2, ("common", "rare"), pool_size=N)
    model = MLP(hidden=32, depth=2, normalize=False).build(task, generator)
    with_heads(model, method, task, generator)
    learner = Learner(model, method, task, Protocol(steps=STEPS, lr=0.1, evaluations=1), torch.device("cpu"))
    mask = torch.zeros(N, dtype=torch.bool).index_fill(0, labeled, True)
    counts = torch.tensor([float(count) for count in LABELS])
    learner.start_round(RoundFacts(0, 1, STEPS, len(labeled), N, 0, 1, 0, mask, counts))
    pool = torch.nonzero(~mask)[:, 0]

    def moved(ids: Tensor, view: str) -> Tensor:
        return x[ids] + (0.4 if view.startswith("strong") else 0.05) * torch.randn(len(ids), 2, generator=generator)

    def batches() -> Iterator[Batch]:
        for _ in range(STEPS):
            ids = pool[torch.randint(len(pool), (UNLABELED,), generator=generator)]
            views = {view: moved(ids, view) for view in sorted(method.views)}
            noise = dict(method.draw(generator, len(labeled), UNLABELED))
            yield Batch(
                x_lab=moved(labeled, "weak"), y_lab=y[labeled], views=views, index=ids, noise=noise, class_counts=counts
            )

    given: Iterable[Batch] = trial_batches(method, task, x, y, labeled, seed) if drawn else batches()
    (trained,) = train_round(learner, [given], [lambda _model: ()], lambda _step: None)
    assert isinstance(trained, Trained)
    with torch.no_grad():
        rare = torch.softmax(trained.best(x)[0], dim=1)[:RARE, 1]
    return Learned(float((rare > 0.5).float().mean()), float((rare >= 0.95).float().mean()))


def trial_batches(method: Method, task: Task, x: Tensor, y: Tensor, labeled: Tensor, seed: int) -> Batches:
    """The batches of a trial's first round with these labelled items."""
    cpu, ids = torch.device("cpu"), labeled.sort().values
    mask = torch.zeros(N, dtype=torch.bool).index_fill(0, ids, True)
    made = augmenter(FeatureDataset(), task, x.numpy(), cpu, torch.Generator().manual_seed(seed))
    return Batches(
        Annotated(ids, y[ids], torch.nonzero(~mask)[:, 0], 2),
        Items(x.numpy(), cpu),
        method=method,
        augmenter=made,
        protocol=Protocol(steps=STEPS, batch_size=len(ids)),
        seed=seed,
        round_number=0,
    )
