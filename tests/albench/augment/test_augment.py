"""What makes a trial's views: the data set's own, else the built-in ones of the modality."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from draws import generator
from torch import Tensor

from albench.api import Dataset, FeatureDataset, ImageDataset, Task
from albench.augment import Augmenter, augmenter
from albench.errors import ContractError

FEATURES = Task("features", (64,), 3, ("a", "b", "c"))


IMAGES = Task("image", (1, 8, 8), 3, ("a", "b", "c"))


CPU = torch.device("cpu")


def draws(n: int = 400, seed: int = 2) -> Tensor:
    return torch.rand(n, ImageDataset.noise_size, generator=generator(seed))


def train_x() -> Tensor:
    x = torch.randn(500, 64, generator=generator(1))
    return (x - x.mean(0)) / x.std(0, correction=0) * torch.linspace(0.5, 3, 64) + 5


@dataclass(frozen=True)
class Plain(Dataset):
    """No options, no views."""


@dataclass(frozen=True)
class Partial(Dataset):
    """One option of the built-in views, one view of its own."""

    weak_noise: float = 0.0

    def strong(self, x: Tensor, noise: Tensor) -> Tensor | None:
        return x + 1


@dataclass(frozen=True)
class Broken(Dataset):
    def weak(self, x: Tensor, noise: Tensor) -> Tensor | None:
        return x[:1]

    def strong(self, x: Tensor, noise: Tensor) -> Tensor | None:
        return x.long()


def built(dataset: Dataset, task: Task = FEATURES) -> Augmenter:
    return augmenter(dataset, task, train_x(), CPU, generator())


@pytest.mark.parametrize("view", ["weak", "strong"])
def test_a_plain_data_set_gets_the_defaults_of_its_modality(view: str) -> None:
    x = train_x()[:400]
    assert torch.equal(getattr(built(Plain()), view)(x, draws()), getattr(built(FeatureDataset()), view)(x, draws()))
    image = torch.rand(5, 1, 8, 8, generator=generator(4))
    plain, typed = built(Plain(), IMAGES), built(ImageDataset(), IMAGES)
    assert torch.equal(getattr(plain, view)(image, draws(5)), getattr(typed, view)(image, draws(5)))


def test_a_data_set_may_bring_a_view_or_an_option_of_its_own() -> None:
    x = train_x()[:400]
    assert torch.equal(built(Partial()).strong(x, draws()), x + 1)
    assert torch.equal(built(Partial()).weak(x, draws()), x)


def test_a_view_that_breaks_the_contract_is_named() -> None:
    x = train_x()[:400]
    with pytest.raises(ContractError, match=r"Broken.weak\(\) returned \(1, 64\)"):
        built(Broken()).weak(x, draws())
    with pytest.raises(ContractError, match=r"Broken.strong\(\) returned .* torch.int64"):
        built(Broken()).strong(x, draws())


def test_a_data_sets_own_view_is_given_one_batch_at_a_time() -> None:
    class Centred(Dataset):
        def weak(self, x: Tensor, noise: Tensor) -> Tensor | None:
            return x - x.mean(dim=0) if noise[0, 0] < 0.65 else None

    made, x, noise = built(Centred()), train_x()[:400], draws()
    alone = [made.weak(*each) for each in zip(x.split(100), noise.split(100), strict=True)]
    assert {bool(each) for each in noise[::100, 0] < 0.65} == {True, False}
    assert torch.equal(made.weak(x, noise, size=100), torch.cat(alone))
    assert torch.equal(made.strong(x, noise, size=100), built(Dataset()).strong(x, noise, size=100))
