"""The built-in views of feature vectors, and the choice between a data set's own views and these."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from draws import generator
from torch import Tensor

from albench.api import FeatureDataset, ImageDataset, Task
from albench.augment import FeatureViews, augmenter
from albench.augment.features import (
    MASKS,
    MAX_STD_ROWS,
    NORMALS,
    STRIDE,
    feature_std,
    local_differences,
    mix,
    stretches,
)
from albench.errors import ContractError

CPU = torch.device("cpu")
FEATURES = Task("features", (64,), 3, ("a", "b", "c"))
IMAGES = Task("image", (1, 8, 8), 3, ("a", "b", "c"))
STD = torch.linspace(0.5, 3, 64)


def train_x() -> Tensor:
    x = torch.randn(500, 64, generator=generator(1))
    return (x - x.mean(0)) / x.std(0, correction=0) * STD + 5


def views(**options: float) -> FeatureViews:
    return FeatureViews(FeatureDataset(**options), train_x(), CPU, generator())


def draws(n: int = 400, seed: int = 2) -> Tensor:
    return torch.rand(n, ImageDataset.noise_size, generator=generator(seed))


@pytest.mark.parametrize("view", ["weak", "strong"])
def test_views_are_deterministic_finite_and_leave_the_input_alone(view: str) -> None:
    x, n = train_x()[:400].requires_grad_(), draws()
    kept = x.detach().clone(), n.clone()
    made = [getattr(augmenter(FeatureDataset(), FEATURES, train_x(), CPU, generator()), view)(x, n) for _ in range(2)]
    assert torch.equal(made[0], made[1])
    assert made[0].shape == x.shape
    assert made[0].dtype == torch.float32
    assert not made[0].requires_grad
    assert torch.isfinite(made[0]).all()
    assert torch.equal(x.detach(), kept[0])
    assert torch.equal(n, kept[1])
    assert not torch.equal(made[0], getattr(views(), view)(kept[0], draws(seed=3)))


def test_what_a_seed_draws_is_drawn_once_and_the_generator_goes_on_as_if_it_had_drawn() -> None:
    fresh, given = generator(7), [generator(7), generator(7)]
    made = [
        FeatureViews(FeatureDataset(strong_dropout=rate), train_x(), CPU, g)
        for rate, g in zip((0.2, 0.4), given, strict=True)
    ]
    assert made[0]._normals.data_ptr() == made[1]._normals.data_ptr()
    assert torch.equal(made[0]._normals, torch.randn(NORMALS, generator=fresh))
    assert torch.equal(made[1]._masks > 0, torch.rand(MASKS, generator=fresh) >= 0.4)
    after = [torch.rand(3, generator=each) for each in (fresh, *given)]
    assert torch.equal(after[0], after[1])
    assert torch.equal(after[0], after[2])
    other = FeatureViews(FeatureDataset(), train_x(), CPU, generator(8))
    assert not torch.equal(other._normals, made[0]._normals)


@pytest.mark.parametrize(("view", "scale"), [("weak", 0.1), ("strong", 0.5)])
def test_noise_has_the_spread_that_the_options_say(view: str, scale: float) -> None:
    x = train_x()[:400]
    added = getattr(views(strong_dropout=0.0, strong_mix=0.0), view)(x, draws()) - x
    relative = added / (scale * STD)
    assert relative.std() == pytest.approx(1, abs=0.02)
    assert relative.mean() == pytest.approx(0, abs=0.02)
    assert relative.std(0).sub(1).abs().max() < 0.15
    # Gaussian, not merely of that spread: 68.3 % within one standard deviation.
    assert (relative.abs() < 1).float().mean() == pytest.approx(0.683, abs=0.01)
    # Rows are not copies of one another.
    assert torch.corrcoef(relative[:50]).fill_diagonal_(0).abs().mean() < 0.15


def test_dropout_sets_its_share_to_zero_and_scales_the_rest() -> None:
    out = views(strong_noise=0.0, strong_mix=0.0).strong(train_x()[:400], draws())
    ratio = out / train_x()[:400]
    dropped = ratio == 0
    assert dropped.float().mean() == pytest.approx(0.2, abs=0.01)
    assert dropped.float().mean(0).sub(0.2).abs().max() < 0.1
    torch.testing.assert_close(ratio[~dropped], torch.full_like(ratio[~dropped], 1.25))


def test_mixing_takes_its_weight_from_another_row() -> None:
    x = torch.eye(64)
    mixed = views(strong_noise=0.0, strong_dropout=0.0, strong_mix=0.1).strong(x, draws(64))
    torch.testing.assert_close(mixed.diagonal(), torch.full((64,), 0.9))
    others = mixed - torch.diag(mixed.diagonal())
    torch.testing.assert_close(others.amax(1), torch.full((64,), 0.1))
    torch.testing.assert_close(others.sum(1), torch.full((64,), 0.1))


def test_mixing_shifts_the_rows_by_every_step_equally_often() -> None:
    x = torch.eye(5)
    seen = [mix(x, torch.tensor([(u + 0.5) / 4]), 0.25).sub(0.75 * x).argmax(dim=1) for u in range(4)]
    assert [column.tolist() for column in seen] == [[(i + s) % 5 for i in range(5)] for s in (1, 2, 3, 4)]
    assert torch.equal(mix(x[:1], torch.tensor([0.999]), 0.25), x[:1]), "alone it is its own neighbour"
    assert mix(x[:3], torch.tensor([1 - 2**-24]), 0.25).sub(0.75 * x[:3]).argmax(dim=1).tolist() == [2, 0, 1]


def test_a_shift_is_the_difference_of_an_item_and_one_of_its_nearest() -> None:
    """Far groups of eleven: the ten nearest of an item are the others of its group, each of which is drawn."""
    groups = torch.arange(5).repeat_interleave(11)
    x = 100 * torch.eye(5)[groups] + torch.randn(55, 5, generator=generator(3))
    found = local_differences(x, generator(4))
    assert found.shape == (55, 5)
    apart = x[:, None] - x[None]
    pairs = (found[:, None, None] == apart[None]).all(dim=-1).nonzero()
    assert len(pairs) == 55
    assert (pairs[:, 1] != pairs[:, 2]).all()
    assert torch.equal(groups[pairs[:, 1]], groups[pairs[:, 2]])
    assert not torch.equal(found, local_differences(x, generator(5)))
    assert torch.equal(local_differences(x[:1], generator(4)), torch.zeros(1, 5))


def test_a_strong_view_is_shifted_by_such_differences() -> None:
    only = views(strong_noise=0.0, strong_dropout=0.0, strong_mix=0.0, strong_shift=1.5)
    items = train_x()[:400]
    moved = (only.strong(items, draws()) - items) / 1.5
    kept = only._local
    assert kept is not None
    start = (moved[0] - kept).abs().amax(dim=1).argmin()
    torch.testing.assert_close(moved, kept[(start + torch.arange(400)) % len(kept)], atol=1e-5, rtol=0)
    with pytest.raises(ContractError, match="noise_size to 4 or more"):
        only.strong(items, draws()[:, :3])


@pytest.mark.parametrize("view", ["weak", "strong"])
@pytest.mark.parametrize("options", [{}, {"strong_shift": 1.5}, {"strong_mix": 0.0, "strong_dropout": 0.0}])
def test_several_batches_get_the_views_that_each_gets_by_itself(view: str, options: dict[str, float]) -> None:
    x, noise = train_x()[:400], draws()
    make = getattr(views(**options), view)
    for size in (100, 80, 1, 400):
        alone = [make(*each) for each in zip(x.split(size), noise.split(size), strict=True)]
        assert torch.equal(make(x, noise, size=size), torch.cat(alone))


def test_a_stretch_runs_on_from_row_to_row_and_goes_round_a_small_bank() -> None:
    bank = torch.arange(100.0)
    for uniform in (torch.tensor([0.0]), torch.tensor([0.7]), torch.tensor([0.9999])):
        short = stretches(bank, uniform, torch.Size((4, 10)))
        start = float(short[0, 0])
        assert start % STRIDE == 0
        assert torch.equal(short, (start + torch.arange(40.0)).view(4, 10))
    two = stretches(bank, torch.tensor([0.0, 0.9999]), torch.Size((4, 10)))
    assert two[:, 0].tolist() == [0, 10, 80, 90]
    long = stretches(bank, torch.tensor([0.5]), torch.Size((12, 10)))
    assert torch.equal(long[:, 0], (torch.arange(12) * 10 % 91).float())
    assert torch.equal(long - long[:, :1], torch.arange(10.0).expand(12, 10))


def test_a_weak_view_takes_the_memory_that_it_is_offered() -> None:
    x, n = train_x()[:40].clone(), draws(40)
    fresh = views().weak(x, n)
    given = views().weak(x, n, consume=True)
    assert given.data_ptr() == x.data_ptr() != fresh.data_ptr()
    assert torch.equal(given, fresh)


def test_an_items_view_depends_on_no_other_item_but_its_neighbor() -> None:
    x, n = train_x()[:40], draws(40)
    changed = x.clone()
    changed[7] += 1
    made = views()
    assert (made.weak(x, n) != made.weak(changed, n)).any(1).nonzero().flatten().tolist() == [7]
    alone = views(strong_mix=0.0)
    assert (alone.strong(x, n) != alone.strong(changed, n)).any(1).nonzero().flatten().tolist() == [7]
    assert len((made.strong(x, n) != made.strong(changed, n)).any(1).nonzero()) == 2


@pytest.mark.parametrize("view", ["weak", "strong"])
def test_all_options_off_gives_the_items_exactly(view: str) -> None:
    off = views(weak_noise=0.0, strong_noise=0.0, strong_dropout=0.0, strong_mix=0.0)
    assert torch.equal(getattr(off, view)(train_x()[:400], draws()), train_x()[:400])


@pytest.mark.parametrize("width", [1, 3, 20_000])
def test_any_width_works(width: int) -> None:
    x = torch.ones(4, width)
    made = FeatureViews(FeatureDataset(), np.ones((4, width), np.float32), CPU, generator())
    assert torch.equal(made.weak(x, draws(4)), x)
    assert made.strong(x, draws(4)).shape == x.shape


def test_the_spread_is_read_from_arrays_memory_maps_and_tensors_alike(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r", allow_pickle=False)
    for given in (x, mapped, torch.from_numpy(x)):
        np.testing.assert_allclose(feature_std(given).numpy(), x.std(0), rtol=1e-5)


def test_the_spread_of_many_items_is_read_from_evenly_spaced_ones() -> None:
    x = np.zeros((MAX_STD_ROWS * 2, 1), np.float32)
    x[::4] = 2
    # Every second row: 2 and 0 in turn.
    assert feature_std(x).tolist() == [1.0]


def test_too_little_noise_is_refused_with_the_fix() -> None:
    with pytest.raises(ContractError, match="set the data set's noise_size to 3 or more"):
        views().weak(train_x(), draws(500)[:, :1])


@pytest.mark.cuda
@pytest.mark.usefixtures("a_cuda_device")
@pytest.mark.parametrize("view", ["weak", "strong"])
def test_cuda_makes_the_same_views(view: str) -> None:
    cuda = torch.device("cuda")
    made = getattr(FeatureViews(FeatureDataset(), train_x(), cuda, generator()), view)
    there = made(train_x()[:400].to(cuda), draws().to(cuda)).cpu()
    torch.testing.assert_close(there, getattr(views(), view)(train_x()[:400], draws()))
