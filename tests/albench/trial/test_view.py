"""What a strategy may see: the pool through the current model, parts of it, dropout samples, the cold start."""

from __future__ import annotations

import pytest
import torch
from feature_splits import splits

from albench.api import Strategy
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.errors import ContractError
from albench.suite.protocol import Amounts
from albench.testing import make_view
from albench.training.evaluate import predict
from albench.trial.view import PoolView, RoundOutputs, cold_view

CPU = torch.device("cpu")
EMBEDDINGS = torch.randn(9, 4, generator=torch.Generator().manual_seed(1))
LABELED = torch.randn(3, 4, generator=torch.Generator().manual_seed(2))


class NeedsProbs(Strategy):
    needs = frozenset({"probs"})


class NeedsEmbeddings(Strategy):
    needs = frozenset({"embeddings", "neighbors"})


def test_a_part_of_the_view_shows_its_items_alone_under_the_other_needs() -> None:
    whole = make_view(EMBEDDINGS, labeled_embeddings=LABELED, needs={"probs"}, threshold=0.5)
    places = torch.tensor([7, 2, 4])
    rejected = whole.rejected
    part = whole.only(places, NeedsEmbeddings())
    assert len(part) == 3
    assert part.index.tolist() == [7, 2, 4]
    assert torch.equal(part.embeddings, EMBEDDINGS[places])
    assert torch.equal(part.labeled_embeddings, LABELED)
    similarity = torch.nn.functional.normalize(EMBEDDINGS[places], dim=1)
    torch.testing.assert_close(part.neighbors(1)[0][0, 0], (similarity[0] @ similarity[1:].T).max())
    with pytest.raises(ContractError, match="reads 'probs'"):
        _ = part.probs
    assert torch.equal(whole.only(places, NeedsProbs()).probs, whole.probs[places])
    assert torch.equal(whole.only(places, NeedsProbs()).rejected, rejected[places])


def test_groups_and_notes_of_a_part_of_a_part_are_told_in_the_whole_view_s_positions() -> None:
    whole = make_view(EMBEDDINGS)
    inner = whole.only(torch.tensor([8, 6, 4, 2]), NeedsProbs()).only(torch.tensor([3, 1]), NeedsProbs())
    inner.group("chosen", torch.tensor([1]))
    inner.note("size", 2)
    assert whole.groups["chosen"].tolist() == [6]
    assert whole.notes == {"size": 2.0}


def test_probabilities_of_labelled_items() -> None:
    view = make_view(EMBEDDINGS, labeled_embeddings=LABELED, needs={"probs"})
    torch.testing.assert_close(view.labeled_probs, LABELED.softmax(dim=1))
    assert make_view(EMBEDDINGS).labeled_probs.shape == (0, 4)


def test_a_dropout_sample_is_one_network_and_keeps_the_mean_of_the_embedding() -> None:
    units = 4000
    weight = torch.stack([torch.full((units,), 1 / units), torch.zeros(units)])
    view = make_view(torch.ones(3, units), weight=weight)
    first, second = view.mc_probs(2, drop=0.25)
    assert torch.equal(first[0], first[1]), "the same mask for all items"
    assert not torch.equal(first, second), "another one for each sample"
    # Units are kept with probability 3/4 as 1 / 0.75: the logit is 1 with a standard deviation of 0.009.
    torch.testing.assert_close(first[:, 0].logit(), torch.ones(3), atol=0.05, rtol=0)


def test_a_cold_view_shows_the_items_themselves() -> None:
    images = torch.arange(5 * 1 * 2 * 2, dtype=torch.uint8).reshape(5, 1, 2, 2).numpy()
    view = cold_view(Items(images, torch.device("cpu")), NeedsEmbeddings(), 2, Amounts(2, 1, 2), seed=0)
    assert view.embeddings.shape == (5, 4)
    torch.testing.assert_close(view.embeddings.mean(dim=0), torch.zeros(4), atol=1e-6, rtol=0)
    torch.testing.assert_close(view.embeddings.square().mean(), torch.tensor(1.0))
    assert len(view.labeled_y) == 0
    assert view.labeled_embeddings.shape == (0, 4)
    with pytest.raises(ContractError, match="reads 'probs'"):
        _ = view.probs


class TinyModel(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = torch.nn.Linear(4, 3)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            self.head.weight.copy_(torch.randn(3, 4, generator=generator))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(x), x


def pool_view(*needs: str) -> PoolView:
    data = splits()
    items, model = Items(data.train.x, CPU), TinyModel()
    labeled, index = torch.arange(6), torch.arange(6, 30)
    predicted = predict(model, items, index)
    return PoolView(
        needs=frozenset(needs),
        items=items,
        pool=Annotated(labeled, torch.from_numpy(data.train.y)[labeled], index, 3),
        outputs=RoundOutputs(2, model, predicted, lambda probs: probs.amax(dim=1) < 0.6),
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
    READS[need](pool_view(need))
    with pytest.raises(ContractError, match=f"add '{need}' to its needs"):
        READS[need](pool_view(*(other for other in READS if other != need)))


def test_the_view_shows_the_unlabelled_pool() -> None:
    seen = pool_view("probs", "logits", "embeddings", "gradients", "mc_probs", "neighbors")
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
    seen = pool_view(*READS)
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
