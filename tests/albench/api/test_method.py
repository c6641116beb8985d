"""Batches by the names of their fields, and what the base of a method leaves as it is."""

from __future__ import annotations

import torch

from albench.api import VIEWS, Batch, Method, Task

BATCH = Batch(
    x_lab=torch.tensor([[1.0]]),
    y_lab=torch.tensor([0]),
    views={"weak": torch.tensor([[2.0]]), "strong": torch.tensor([[3.0]])},
    index=torch.tensor([7]),
    noise={"mix": torch.tensor([0.5])},
    class_counts=torch.tensor([1.0, 0.0]),
)


def test_a_change_of_a_batch_reaches_each_of_its_tensors() -> None:
    doubled = BATCH.map(lambda tensor: tensor * 2)
    assert [doubled.x_lab.item(), doubled.x_weak.item(), doubled.x_strong.item()] == [2, 4, 6]
    assert (doubled.index.item(), doubled.noise["mix"].item()) == (14, 1)
    assert doubled.class_counts.tolist() == [2, 0]
    assert BATCH.x_weak.item() == 2, "the batch itself stays"


def test_a_method_that_says_nothing_keeps_no_memory_and_draws_nothing() -> None:
    method = Method()
    task = Task("features", (1,), 2, ("a", "b"))
    assert method.init(task, torch.device("cpu")) == {}
    assert method.views == frozenset() < VIEWS
    assert dict(method.draw(torch.Generator(), 1, 2)) == {}
    assert method.skip(task) is None
