"""The pool: each id is labelled once, and a set of ids has one name."""

from __future__ import annotations

import pytest
import torch

from albench.data.pool import Annotated, Pool, index_hash
from albench.errors import ContractError


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


def test_a_set_of_ids_has_one_name_whatever_its_order() -> None:
    assert (
        index_hash(torch.tensor([3, 1, 2])) == index_hash(torch.tensor([1, 2, 3])) != index_hash(torch.tensor([12, 3]))
    )
    assert len(index_hash(torch.tensor([], dtype=torch.int64))) == 16


def test_what_is_unlabeled_is_shuffled_by_name() -> None:
    pool = Annotated(torch.arange(5), torch.zeros(5, dtype=torch.int64), torch.arange(5, 105), 2)
    first, again, other = pool.shuffled(0, 1), pool.shuffled(0, 1), pool.shuffled(0, 2)
    assert torch.equal(first.unlabeled, again.unlabeled)
    assert not torch.equal(first.unlabeled, other.unlabeled)
    assert not torch.equal(first.unlabeled, pool.unlabeled)
    assert torch.equal(first.unlabeled.sort().values, pool.unlabeled)
    assert torch.equal(first.labeled, pool.labeled)
