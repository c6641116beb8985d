"""Items go once through an encoder; what comes is named by items, labels, options and fingerprint."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from feature_splits import splits

from albench.api import Dataset, EncodedDataset, Encoder, FeatureDataset, Split, Splits, option
from albench.data import encoding
from albench.data.encoding import blocks, encoded, told
from albench.data.vectors import CACHE
from albench.errors import DataError

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Doubles(Encoder):
    """Twice each feature; it notes what it is called with."""

    modalities = frozenset({"features"})
    block_size = 8

    times: float = option(2.0, "what features are multiplied by")
    print_: str = "v1"
    seen: Any = dataclasses.field(default_factory=list, compare=False, metadata={"name": "seen", "later": ([],)})

    def fingerprint(self) -> str:
        return self.print_

    def dim(self, task: Any) -> int:
        return 4

    def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
        self.seen.append(len(x))
        return (x * self.times).astype(np.float32)


class Centres(Doubles):
    """Learns the mean of the pool."""

    def fit(self, x: np.ndarray) -> Encoder:
        return dataclasses.replace(self, times=float(len(x)))


class Inner(FeatureDataset):
    def load(self, root: Path | None) -> Splits:
        return splits()


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path))


def through(encoder: Encoder, data: Splits | None = None, **options: Any) -> tuple[Splits, str]:
    dataset: Dataset = EncodedDataset(of=Inner(), encoder=encoder, **options)
    assert isinstance(dataset, EncodedDataset)
    return encoded(dataset, data or splits(), "encoded[...]", "cpu", near=True)


def test_items_become_vectors_and_all_else_stays() -> None:
    data = splits()
    made, _ = through(Doubles(), data)
    for name in ("train", "val", "test"):
        part, before = getattr(made, name), getattr(data, name)
        assert np.array_equal(part.x, 2 * before.x)
        assert np.array_equal(part.y, before.y)
    assert made.task == dataclasses.replace(data.task, shape=(4,))
    assert "4 features of each item by doubles" in made.how_read[-1]


def test_items_are_encoded_once_in_blocks_until_something_changes() -> None:
    first = Doubles()
    through(first)
    assert first.seen == [8, 8, 8, 6, 8, 1, 8, 1]
    for same in (Doubles(), Doubles(seen=[])):
        through(same)
        assert same.seen == []
    relabelled = splits()
    relabelled.train.y[:] = np.roll(relabelled.train.y, 1)
    again = Doubles()
    through(again, relabelled)
    assert again.seen == []
    for other in (Doubles(times=3.0), Doubles(print_="v2"), Centres()):
        through(other)
        assert sum(other.seen) == 48, other
    one_split = splits()
    one_split.test.x[0] += 1
    partly = Doubles()
    through(partly, one_split)
    assert partly.seen == [8, 1]


def test_the_hash_is_of_items_labels_options_and_fingerprint() -> None:
    known = through(Doubles())[1]
    assert through(Doubles())[1] == known
    relabelled, moved = splits(), splits()
    relabelled.val.y[0] = (relabelled.val.y[0] + 1) % 3
    moved.train.x[0] += 1
    others = [
        through(Doubles(), relabelled)[1],
        through(Doubles(), moved)[1],
        through(Doubles(times=3.0))[1],
        through(Doubles(print_="v2"))[1],
    ]
    assert len({known, *others}) == 5


def test_what_is_learnt_is_learnt_of_the_pool_alone() -> None:
    made, _ = through(Centres())
    assert np.array_equal(made.test.x, 30 * splits().test.x)
    shorter = splits()
    shorter = dataclasses.replace(
        shorter,
        train=Split(shorter.train.x[:27], shorter.train.y[:27]),
        task=dataclasses.replace(shorter.task, pool_size=27),
    )
    fewer, _ = through(Centres(), shorter)
    assert np.array_equal(fewer.test.x, 27 * splits().test.x)


def test_equal_items_inside_are_refused_and_equal_vectors_as_is_said() -> None:
    data = splits()
    data.test.x[0] = data.train.x[0]
    with pytest.raises(DataError, match="1 item of train is also in test"):
        through(Doubles(), data)
    with pytest.raises(DataError, match="30 items of train are also in val"):
        through(Doubles(times=0.0), equal_items="refuse")
    assert through(Doubles(times=0.0))[0].test.x.max() == 0


def test_a_task_that_the_encoder_does_not_read_is_told() -> None:
    class OfImages(Doubles):
        modalities = frozenset({"image"})

    with pytest.raises(DataError, match=r"encoded\[...\]: encoder ofimages.*: it reads image, not features"):
        through(OfImages())


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        (lambda x: x[:, :3].copy(), r"items 0 to 7: encode gave float32 \(8, 3\); float32 \(8, 4\) is needed"),
        (lambda x: x.astype(np.float64), "encode gave float64"),
        (lambda x: x.tolist(), "encode gave a list"),
        (lambda x: np.where(x == x[1, 1], np.nan, x).astype(np.float32), "the vector of item 1 holds a value that is"),
    ],
)
def test_vectors_that_are_none_are_told_with_their_items(gives: Any, said: str) -> None:
    class Faulty(Doubles):
        def encode(self, x: np.ndarray, device: torch.device) -> Any:
            return gives(x)

    with pytest.raises(DataError, match=said):
        through(Faulty())


def test_an_encoder_that_writes_to_its_block_changes_no_item() -> None:
    class Writes(Doubles):
        def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
            x *= 0
            return x

    data = splits()
    list(blocks(Writes(), data.train.x, 4, CPU))
    assert np.array_equal(data.train.x, splits().train.x)


def test_what_takes_long_is_told_with_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(encoding.time, "monotonic", lambda: float(next(clock)))
    x = np.zeros((5, 2), np.float32)
    assert len(list(told((x for _ in range(4)), 20, "20 images of train with a model"))) == 4
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "encoding 20 images of train with a model: 25% done, 30 s left",
        "encoding 20 images of train with a model: 75% done, 10 s left",
    ]


def test_items_without_labels_become_vectors_too() -> None:
    items = np.arange(20, dtype=np.float32).reshape(5, 4)
    encoder = Doubles()
    made, name = through(encoder, dataclasses.replace(splits(), unlabeled=items))
    assert made.unlabeled is not None
    np.testing.assert_array_equal(made.unlabeled, 2 * items)
    assert sorted(encoder.seen) == sorted([8, 8, 8, 6, 8, 1, 8, 1, 5])
    assert through(Doubles())[1] != name
    learns = Centres()
    through(learns, dataclasses.replace(splits(), unlabeled=items))
    assert (
        learns.fit(splits().train.x).encode(items, CPU).tolist()
        == through(Centres(), dataclasses.replace(splits(), unlabeled=items))[0].unlabeled.tolist()
    ), "what is learnt is of the pool alone"
