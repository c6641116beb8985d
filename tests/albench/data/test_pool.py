"""The pool, the oracle and the view: who knows what."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from albench.api import Split, Splits, Task
from albench.data.pool import Items, Pool, absent_classes, as_input, check_splits, data_hash, index_hash, small_splits
from albench.errors import ContractError, DataError
from albench.training.evaluate import predict
from albench.trial.labels import Oracle
from albench.trial.view import PoolView, checked_picks

LABELS = np.repeat([0, 1, 2], [70, 25, 5])
CPU = torch.device("cpu")


def splits() -> Splits:
    rng = np.random.Generator(np.random.PCG64(0))
    parts = [Split(rng.standard_normal((n, 4)).astype(np.float32), np.arange(n) % 3) for n in (30, 9, 9)]
    return Splits(*parts, Task("features", (4,), 3, ("a", "b", "c"), pool_size=30))


@given(st.integers(3, 100), st.integers(0, 5))
def test_stratified_draws_follow_the_pool_and_hold_every_class(count: int, seed: int) -> None:
    ids = Oracle(LABELS, 3, 100).draw_initial(count, "stratified", seed)
    drawn = np.bincount(LABELS[ids], minlength=3)
    assert len(ids.unique()) == count
    assert (drawn >= 1).all()
    assert (np.abs(drawn - np.array([0.7, 0.25, 0.05]) * count) <= 2).all()


def test_balanced_draws_take_the_same_of_each_class_while_it_lasts() -> None:
    oracle = Oracle(LABELS, 3, 100)
    assert np.bincount(LABELS[oracle.draw_initial(12, "balanced", 0)]).tolist() == [4, 4, 4]
    assert np.bincount(LABELS[oracle.draw_initial(30, "balanced", 0)])[2] == 5


def test_random_draws_are_uniform() -> None:
    oracle = Oracle(LABELS, 3, 100)
    hits = np.zeros(100)
    for seed in range(400):
        hits[oracle.draw_initial(10, "random", seed)] += 1
    assert abs(hits - 40).max() < 5 * np.sqrt(36)


def test_the_same_seed_draws_the_same() -> None:
    draws = [index_hash(Oracle(LABELS, 3, 100).draw_initial(10, "stratified", seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_the_oracle_keeps_the_budget_and_hands_out_copies() -> None:
    oracle = Oracle(LABELS, 3, budget=5)
    answer = oracle.annotate(torch.tensor([0, 70, 99]))
    assert answer.tolist() == [0, 1, 2]
    answer += 1
    with pytest.raises(ContractError, match="3 labels asked for, 2 left"):
        oracle.annotate(torch.tensor([1, 2, 3]))
    assert oracle.annotate(torch.tensor([0])).tolist() == [0]
    assert answer.untyped_storage().nbytes() == 3 * 8, "a slice would carry the other labels in its storage"


def test_the_oracle_checks_pseudo_labels() -> None:
    oracle = Oracle(LABELS, 3, 5)
    assert oracle.accuracy(torch.tensor([0, 70]), torch.tensor([0, 2])) == 0.5
    assert oracle.accuracy(torch.tensor([], dtype=torch.int64), torch.tensor([])) is None


def test_no_item_is_labelled_twice() -> None:
    pool = Pool(5)
    pool.mark(torch.tensor([1, 3]))
    assert pool.labeled.tolist() == [1, 3]
    assert pool.unlabeled.tolist() == [0, 2, 4]
    for ids in ([1], [0, 0]):
        with pytest.raises(ContractError, match="twice"):
            pool.mark(torch.tensor(ids))
    pool.mask.fill_(True)
    assert len(pool.labeled) == 2, "the mask is a copy"


def test_items_are_gathered_the_same_from_memory_and_from_a_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.arange(60, dtype=np.float32).reshape(20, 3)
    np.save(tmp_path / "x.npy", x)
    resident = Items(x, CPU)
    monkeypatch.setattr("albench.data.pool.RESIDENT_BYTES", 10)
    mapped = Items(np.load(tmp_path / "x.npy", mmap_mode="r"), CPU)
    index = torch.tensor([5, 0, 19, 5])
    assert torch.equal(resident.gather(index), mapped.gather(index))
    assert torch.equal(torch.cat(list(mapped.blocks(index, 3))), torch.from_numpy(x[index]))
    resident.gather(index).zero_()
    assert torch.equal(resident.gather(index), mapped.gather(index))


def test_images_become_floats() -> None:
    assert as_input(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("part", "changes", "message"),
    [
        ("train", {"y": np.arange(29) % 3}, "train split: 30 items but 29 labels"),
        ("val", {"x": np.zeros((0, 4), np.float32), "y": np.zeros(0, int)}, "val split: it is empty"),
        ("test", {"x": np.zeros((9, 5), np.float32)}, r"items have shape \(5,\), the task says \(4,\)"),
        ("test", {"y": np.arange(9) % 3 + 0.0}, "labels are float64"),
        ("val", {"y": np.array([0, 1, 2, 3] + [0] * 5)}, "val split, row 3: label 3 is outside 0 .. 2"),
        ("val", {"y": np.array([0, 1, -1] + [0] * 6)}, "row 2: label -1"),
        ("train", {"y": np.arange(30) % 2}, "no item of class c"),
        ("train", {"x": np.full((30, 4), np.nan, np.float32)}, "train split, row 0: a feature is nan"),
        ("test", {"x": np.where(np.arange(36).reshape(9, 4) == 17, np.inf, 0).astype(np.float32)}, "row 4: .* inf"),
    ],
)
def test_data_that_no_run_can_use_is_refused(part: str, changes: dict, message: str) -> None:
    good = splits()
    bad = dataclasses.replace(good, **{part: dataclasses.replace(getattr(good, part), **changes)})
    with pytest.raises(DataError, match=message):
        check_splits(bad, "d")
    check_splits(good, "d")


def test_a_class_that_a_split_lacks_is_told() -> None:
    good = splits()
    assert absent_classes(good) == ()
    lacking = dataclasses.replace(good, test=dataclasses.replace(good.test, y=np.array([0] * 9)))
    (line,) = absent_classes(lacking)
    assert line.startswith("the test split has no item of class b, c: ")


def test_what_a_split_is_too_small_to_show_is_told() -> None:
    def of(*counts: int) -> Splits:
        y = np.repeat(np.arange(3), counts)
        return dataclasses.replace(splits(), test=Split(np.zeros((len(y), 4), np.float32), y), val=large)

    large = Split(np.zeros((300, 4), np.float32), np.arange(300) % 3)
    assert small_splits(of(20, 30, 10)) == ()
    assert small_splits(of(300, 30, 2)) == (
        "the test split is small: class c has so few items that one of them moves its recall by 50 points; more seeds "
        "change nothing about that",
    )
    assert small_splits(of(11, 0, 1)) == (
        "the test split is small: an accuracy of 0.9 is known to ± 17 points at best; class c has so few items that "
        "one of them moves its recall by 100 points; more seeds change nothing about that",
    )
    assert small_splits(of(300, 4, 2)) == (
        "the test split is small: classes b, c have so few items that one of them moves their recall by up to 50 "
        "points; more seeds change nothing about that",
    )
    lines = small_splits(
        dataclasses.replace(of(20, 30, 10), val=Split(np.zeros((40, 4), np.float32), np.arange(40) % 3))
    )
    assert lines == (
        "the val split is small: an accuracy of 0.9 is known to ± 9 points at best; more seeds change nothing "
        "about that",
    )


def test_large_finite_features_are_not_taken_for_infinite_ones() -> None:
    good = splits()
    check_splits(
        dataclasses.replace(good, train=dataclasses.replace(good.train, x=np.full((30, 4), 3e38, np.float32))), "d"
    )


def test_the_data_hash_sees_every_item_and_label() -> None:
    first = data_hash(splits())
    assert first == data_hash(splits())
    for part in ("train", "val", "test"):
        for name in ("x", "y"):
            changed = splits()
            getattr(getattr(changed, part), name)[-1] += 1
            assert data_hash(changed) != first


class TinyModel(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = torch.nn.Linear(4, 3)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            self.head.weight.copy_(torch.randn(3, 4, generator=generator))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(x), x


def view(*needs: str) -> PoolView:
    data = splits()
    items, model = Items(data.train.x, CPU), TinyModel()
    labeled, index = torch.arange(6), torch.arange(6, 30)
    return PoolView(
        needs=frozenset(needs),
        model=model,
        items=items,
        index=index,
        predicted=predict(model, items, index),
        labeled=labeled,
        labeled_y=torch.from_numpy(data.train.y)[labeled],
        rejected=lambda probs: probs.amax(dim=1) < 0.6,
        n_classes=3,
        round_number=2,
        budget_left=10,
        stream=(0, 2),
    )


READS = {
    "probs": lambda v: v.probs,
    "logits": lambda v: v.logits,
    "embeddings": lambda v: v.embeddings,
    "neighbors": lambda v: v.neighbors(3),
    "gradients": lambda v: v.head(torch.zeros(1, 4)),
    "mc_probs": lambda v: v.mc_probs(2),
}


@pytest.mark.parametrize("need", READS)
def test_undeclared_quantities_raise_and_name_the_need(need: str) -> None:
    READS[need](view(need))
    with pytest.raises(ContractError, match=f"add '{need}' to its needs"):
        READS[need](view(*(other for other in READS if other != need)))


def test_the_view_shows_the_unlabelled_pool() -> None:
    seen = view("probs", "logits", "embeddings", "gradients", "mc_probs", "neighbors")
    x = torch.from_numpy(splits().train.x)
    assert len(seen) == 24
    assert torch.equal(seen.x, x[6:])
    assert torch.equal(seen.embeddings, x[6:])
    assert torch.allclose(seen.probs, seen.logits.softmax(dim=1))
    assert torch.allclose(seen.head(seen.embeddings), seen.logits, atol=1e-6)
    assert torch.equal(seen.rejected, seen.probs.amax(dim=1) < 0.6)
    assert torch.equal(seen.labeled_embeddings, x[:6])
    assert seen.labeled_y.tolist() == [0, 1, 2, 0, 1, 2]
    assert [sample.shape for sample in seen.mc_probs(5)] == [(24, 3)] * 5
    similarity, places = seen.neighbors(2)
    assert similarity.shape == places.shape == (24, 2)
    assert seen.probs is seen.probs, "computed once"
    with pytest.raises(ContractError, match="not a finite number"):
        seen.note("x", float("inf"))


def test_the_view_holds_no_label_that_was_not_bought() -> None:
    """Every tensor that can be reached from the view: none has the pool's labels in its storage."""
    seen = view(*READS)
    for read in READS.values():
        read(seen)
    found, queue, known = [], [seen], set()
    while queue:
        item = queue.pop()
        if id(item) in known:
            continue
        known.add(id(item))
        if isinstance(item, torch.Tensor):
            found.append(item)
        elif isinstance(item, dict):
            queue += item.values()
        elif isinstance(item, list | tuple | set | frozenset):
            queue += item
        elif hasattr(item, "__dict__"):
            queue += vars(item).values()
        if hasattr(item, "__closure__") and item.__closure__:
            queue += [cell.cell_contents for cell in item.__closure__]
    whole = [t for t in found if t.dtype == torch.int64 and t.untyped_storage().nbytes() >= 30 * 8]
    hidden = torch.from_numpy(splits().train.y)
    for tensor in whole:
        values = torch.empty(0, dtype=torch.int64).set_(tensor.untyped_storage())
        assert not torch.equal(values[:30], hidden)
        assert values.max() >= 3, "indices into the pool, not labels"
    assert found


@pytest.mark.parametrize(
    ("picks", "message"),
    [
        ({0, 1}, "must return a 1-d tensor of whole numbers, not set"),
        (torch.tensor([0.0, 1.0]), "not a 1-d tensor of torch.float32"),
        (torch.tensor([[0, 1]]), "not a 2-d tensor"),
        (torch.tensor([True, False]), "torch.bool"),
        (torch.tensor([0]), "returned 1 positions, 2 were asked for"),
        (torch.tensor([0, 24]), "outside 0 .. 23: positions in the view are asked for, not pool ids"),
        (torch.tensor([-1, 0]), "outside"),
        (torch.tensor([3, 3]), "returned 1 positions twice"),
    ],
)
def test_wrong_picks_are_named(picks: object, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        checked_picks(picks, view(), 2, "mine")


def test_right_picks_are_passed_on() -> None:
    assert checked_picks(torch.tensor([3, 0], dtype=torch.int32), view(), 2, "mine").tolist() == [3, 0]
    assert checked_picks([3, 0], view(), 2, "mine").tolist() == [3, 0]
