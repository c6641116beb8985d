"""The built-in views of images."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from albench.api import DataError, ImageDataset
from albench.augment import ImageViews
from albench.augment.images import BLOCK, reflected
from albench.augment.ops import OPS
from albench.errors import ContractError

OFF = ImageDataset(flip=False, shift=0, rotate=0.0, n_ops=0, cutout=0.0)


def batch(n: int = 20, shape: tuple[int, int, int] = (3, 16, 12), dtype: torch.dtype = torch.uint8) -> Tensor:
    x = torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(5), dtype=torch.uint8)
    return x if dtype == torch.uint8 else x.to(dtype) / 255


def draws(n: int = 20, seed: int = 6) -> Tensor:
    return torch.rand(n, ImageDataset.noise_size, generator=torch.Generator().manual_seed(seed))


def noise(n: int = 1, **columns: float) -> Tensor:
    """Middle noise (no flip, no shift, no rotation, identity) but for the named columns."""
    names = {"flip": 0, "shift_x": 1, "shift_y": 2, "angle": 3, "op": 4, "size": 5, "side": 40, "x": 41, "y": 42}
    out = torch.full((n, 48), 0.5)
    out[:, 4:28:3] = 0.0
    for name, value in columns.items():
        out[:, names[name]] = value
    return out


@pytest.mark.parametrize("view", ["weak", "strong"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 12), (3, 1, 1), (1, 3, 7), (1, 1, 5)])
def test_views_are_unit_float_images_and_leave_the_input_alone(
    view: str, dtype: torch.dtype, shape: tuple[int, int, int]
) -> None:
    x, n = batch(30, shape, dtype), draws(30)
    kept = x.clone(), n.clone()
    made = getattr(ImageViews(ImageDataset()), view)
    out = made(x, n)
    assert out.shape == x.shape
    assert out.dtype == torch.float32
    assert not out.requires_grad
    assert torch.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1
    assert torch.equal(out, made(x, n))
    assert torch.equal(x, kept[0])
    assert torch.equal(n, kept[1])


@pytest.mark.parametrize("view", ["weak", "strong"])
@pytest.mark.parametrize("rotate", [0.0, 10.0])
def test_a_row_depends_on_its_own_item_and_noise_alone(view: str, rotate: float) -> None:
    n = BLOCK // (32 * 32) + 9
    x, u = batch(n, (1, 32, 32)), draws(n)
    made = getattr(ImageViews(ImageDataset(rotate=rotate)), view)
    together = made(x, u)
    assert torch.equal(together[7:8], made(x[7:8], u[7:8]))
    assert torch.equal(together.flip(0), made(x.flip(0), u.flip(0)))
    assert not torch.equal(together, made(x, draws(n, seed=7)))


@pytest.mark.parametrize("view", ["weak", "strong"])
def test_all_options_off_gives_the_images_exactly(view: str) -> None:
    made = getattr(ImageViews(OFF), view)
    x = torch.rand(20, 3, 16, 12, generator=torch.Generator().manual_seed(1))
    assert torch.equal(made(x, draws()), x)
    assert torch.equal(made(batch(), draws()), batch().float() / 255)


@pytest.mark.parametrize("flip", [0.0, 0.9])
@pytest.mark.parametrize(("u", "v", "dx", "dy"), [(0.0, 0.999, -4, 4), (0.999, 0.5, 4, 0), (0.2, 0.4, -3, -1)])
def test_flip_and_shift_are_a_crop_of_the_reflected_image(flip: float, u: float, v: float, dx: int, dy: int) -> None:
    x = batch(1, (3, 9, 6))
    image = np.flip(x[0].numpy(), 2) if flip < 0.5 else x[0].numpy()
    padded = np.pad(image, ((0, 0), (4, 4), (4, 4)), mode="reflect")
    want = torch.from_numpy(padded[:, 4 + dy : 13 + dy, 4 + dx : 10 + dx].copy()).float() / 255
    n = noise(flip=flip, shift_x=u, shift_y=v)
    exact = ImageViews(ImageDataset(shift=4, rotate=0.0, n_ops=0, cutout=0.0))
    assert torch.equal(exact.weak(x, n)[0], want)
    assert torch.equal(exact.strong(x, n)[0], want)
    # The sampled path with no angle is the same crop.
    sampled = ImageViews(ImageDataset(shift=4, rotate=10.0)).weak(x, n)[0]
    torch.testing.assert_close(sampled, want, atol=1e-5, rtol=0)


def test_reflection_wraps_again_in_images_smaller_than_the_shift() -> None:
    assert reflected(torch.arange(-5, 6), 3).tolist() == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1]
    assert reflected(torch.arange(-3, 4), 1).tolist() == [0] * 7


def test_every_shift_is_equally_likely() -> None:
    ramp = torch.arange(9, dtype=torch.float32).view(1, 1, 1, 9).expand(900, 1, 1, 9) / 16
    u = noise(900, flip=0.9)
    u[:, 1] = (torch.arange(900) + 0.5) / 900
    centers = ImageViews(ImageDataset(shift=4, rotate=0.0)).weak(ramp, u)[:, 0, 0, 4] * 16
    assert torch.bincount(centers.long()).tolist() == [100] * 9


@pytest.mark.parametrize("u", [0.0, 0.3, 0.75])
def test_rotation_agrees_with_pillow_inside_the_image(u: float) -> None:
    image_module = pytest.importorskip("PIL.Image")
    coarse = torch.rand(1, 1, 5, 5, generator=torch.Generator().manual_seed(2))
    x = torch.nn.functional.interpolate(coarse, (33, 33), mode="bilinear")
    degrees = (2 * u - 1) * 20
    image = image_module.fromarray(x[0, 0].numpy())
    want = torch.from_numpy(np.array(image.rotate(degrees, image_module.Resampling.BILINEAR)))
    got = ImageViews(ImageDataset(rotate=20.0)).weak(x, noise(angle=u))[0, 0]
    torch.testing.assert_close(got[8:-8, 8:-8], want[8:-8, 8:-8], atol=1e-4, rtol=0)


def test_operations_are_drawn_for_each_image_and_equally_often() -> None:
    views = ImageViews(ImageDataset(flip=False, shift=0, n_ops=1, cutout=0.0))
    u = noise(14, size=0.999)
    u[:, 4] = (torch.arange(14) + 0.5) / 14
    x = batch(1, (3, 24, 24)).expand(14, -1, -1, -1) // 2
    out = views.strong(x, u)
    assert torch.equal(out[0], x[0].float() / 255)
    distinct = [not torch.equal(a, b) for a, b in itertools.combinations(out, 2)]
    assert all(distinct)
    assert len(OPS) == 14


def test_operations_follow_one_another() -> None:
    x, u = batch(), draws()
    ops3 = ImageViews(ImageDataset(flip=False, shift=0, cutout=0.0)).strong(x, u)
    one = ImageViews(ImageDataset(flip=False, shift=0, cutout=0.0, n_ops=1))
    for slot in range(3):
        shifted = u.clone()
        shifted[:, 4:7] = u[:, 4 + 3 * slot : 7 + 3 * slot]
        x = (one.strong(x, shifted) * 255).round().to(torch.uint8)
    assert torch.equal(ops3, x.float() / 255)


def test_float_images_are_rounded_to_levels_by_the_operations() -> None:
    x = batch(dtype=torch.float32)
    views = ImageViews(ImageDataset())
    assert torch.equal(views.strong(x + 0.001 * (x < 0.9), draws()), views.strong(batch(), draws()))


def test_cutout_is_a_grey_square_at_its_place() -> None:
    views = ImageViews(ImageDataset(flip=False, shift=0, n_ops=0, cutout=0.5))
    x = torch.zeros(1, 3, 16, 16)
    out = views.strong(x, noise(side=0.999, x=0.5, y=0.25))[0]
    want = torch.zeros(3, 16, 16)
    want[:, 0:8, 4:12] = 0.5
    assert torch.equal(out, want)
    assert torch.equal(views.strong(x, noise(side=0.0)), x)


def test_the_share_cut_out_is_the_expected_one() -> None:
    """Side s uniform in 0 .. 1/2, centre uniform: s - s**2 / 4 of each axis lies inside, its square of the image."""
    views = ImageViews(ImageDataset(flip=False, shift=0, n_ops=0, cutout=0.5))
    share = (views.strong(torch.zeros(4000, 1, 32, 32), draws(4000)) > 0).float().mean()
    s = np.linspace(0, 0.5, 1001)
    want = float(np.mean((s - s**2 / 4) ** 2))
    assert math.isclose(share, want, rel_tol=0.05)


@pytest.mark.parametrize("view", ["weak", "strong"])
def test_nothing_waits_for_an_accelerator(view: str) -> None:
    """Meta tensors have no values: reading one, as a wait for the device would, raises."""
    for rotate in (0.0, 10.0):
        made = getattr(ImageViews(ImageDataset(rotate=rotate)), view)
        assert made(batch().to("meta"), draws().to("meta")).shape == batch().shape


@pytest.mark.cuda
@pytest.mark.usefixtures("a_cuda_device")
@pytest.mark.parametrize("view", ["weak", "strong"])
def test_cuda_makes_the_same_views(view: str) -> None:
    made = getattr(ImageViews(ImageDataset()), view)
    there = made(batch().cuda(), draws().cuda()).cpu()
    torch.testing.assert_close(there, made(batch(), draws()), atol=1.01 / 255, rtol=0)


@pytest.mark.parametrize("view", ["weak", "strong"])
def test_other_channel_counts_are_refused_with_the_fix(view: str) -> None:
    with pytest.raises(DataError, match=r"\(4, 16, 12\) have no built-in image views.*override weak and strong"):
        getattr(ImageViews(ImageDataset()), view)(torch.zeros(2, 4, 16, 12), draws(2))


def test_too_little_noise_is_refused_with_the_fix() -> None:
    with pytest.raises(ContractError, match="set the data set's noise_size to 43 or more"):
        ImageViews(ImageDataset()).weak(batch(), draws()[:, :10])
