"""Each operation of RandAugment against Pillow's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from albench.augment import ops

Image = pytest.importorskip("PIL.Image")
ImageEnhance = pytest.importorskip("PIL.ImageEnhance")
ImageOps = pytest.importorskip("PIL.ImageOps")

STRENGTHS = (0.0, 0.13, 0.5, 0.77, 0.999)


def factor(s: float) -> float:
    return float(1 - np.float32(0.95) * np.float32(s))


def affine(image, *coefficients: float):
    return image.transform(image.size, Image.Transform.AFFINE, coefficients, fillcolor=(128,) * len(image.getbands()))


PILLOW: dict[str, Callable] = {
    "identity": lambda image, _: image,
    "autocontrast": lambda image, _: ImageOps.autocontrast(image),
    "equalize": lambda image, _: ImageOps.equalize(image),
    "solarize": lambda image, s: ImageOps.solarize(image, 256 * (1 - abs(s))),
    "posterize": lambda image, s: ImageOps.posterize(image, 8 - int(5 * abs(s))),
    "contrast": lambda image, s: ImageEnhance.Contrast(image).enhance(factor(abs(s))),
    "brightness": lambda image, s: ImageEnhance.Brightness(image).enhance(factor(abs(s))),
    "color": lambda image, s: ImageEnhance.Color(image).enhance(factor(abs(s))),
    "sharpness": lambda image, s: ImageEnhance.Sharpness(image).enhance(factor(abs(s))),
    "rotate": lambda image, s: image.rotate(30 * s, fillcolor=(128,) * len(image.getbands())),
    "shear_x": lambda image, s: affine(image, 1, 0.3 * s, 0, 0, 1, 0),
    "shear_y": lambda image, s: affine(image, 1, 0, 0, 0.3 * s, 1, 0),
    "translate_x": lambda image, s: affine(image, 1, 0, 0.3 * s * image.width, 0, 1, 0),
    "translate_y": lambda image, s: affine(image, 1, 0, 0, 0, 1, 0.3 * s * image.height),
}
BLENDS = {"contrast", "brightness", "color", "sharpness"}


def images(channels: int, height: int, width: int) -> Tensor:
    """Noise, a narrow range, two levels, one level, a gradient."""
    rng = np.random.default_rng(3)
    shape = (channels, height, width)
    x = np.stack(
        [
            rng.integers(0, 256, shape),
            rng.integers(90, 131, shape),
            np.where(rng.random(shape) < 0.2, 10, 200),
            np.full(shape, 77),
            np.broadcast_to(np.linspace(0, 255, width).astype(int), shape),
        ]
    )
    return torch.from_numpy(x.astype(np.uint8))


def to_pillow(x: Tensor):
    return Image.fromarray(x.permute(1, 2, 0).squeeze(2).numpy())


def from_pillow(image) -> Tensor:
    pixels = np.array(image)
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1)


def one_op(x: Tensor, name: str, strength: float) -> Tensor:
    op = torch.full((len(x),), ops.OPS.index(name))
    return ops.apply_ops(x, op, torch.full((len(x),), strength))


@pytest.mark.parametrize("name", ops.OPS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 17, 23), (1, 2, 5)])
def test_an_operation_agrees_with_pillow(name: str, shape: tuple[int, int, int]) -> None:
    x = images(*shape)
    for strength in [*STRENGTHS, *(-s for s in STRENGTHS)]:
        got = one_op(x, name, strength)
        s = float(np.float32(strength))
        want = torch.stack([from_pillow(PILLOW[name](to_pillow(item), s)) for item in x])
        assert got.dtype == torch.uint8
        off = (got.int() - want.int()).abs()
        assert off.max() <= (1 if name in BLENDS else 0), (strength, int((off > 0).sum()))


def test_every_operation_is_compared() -> None:
    assert set(PILLOW) == set(ops.OPS)
    assert len(ops.OPS) == 14


@pytest.mark.parametrize("name", [name for name in ops.OPS if name not in {"autocontrast", "equalize"}])
def test_strength_zero_changes_nothing(name: str) -> None:
    x = images(3, 9, 12)
    assert torch.equal(one_op(x, name, 0.0), x)


def test_color_leaves_grey_images_alone() -> None:
    x = images(1, 9, 12)
    assert torch.equal(one_op(x, "color", 0.9), x)


def test_known_answers_by_hand() -> None:
    row = torch.tensor([0, 100, 128, 255], dtype=torch.uint8).view(1, 1, 1, 4)
    assert one_op(row, "solarize", 0.5).flatten().tolist() == [0, 100, 127, 0]
    assert one_op(row, "posterize", 0.9).flatten().tolist() == [0, 96, 128, 240]
    assert one_op(row, "brightness", 1.0).flatten().tolist() == [0, 5, 6, 12]
    # 0.3 * 4 = 1.2 pixels: the nearest centre is one to the right, the last comes from outside.
    assert one_op(row, "translate_x", 1.0).flatten().tolist() == [100, 128, 255, ops.FILL]
    assert one_op(row, "translate_x", -1.0).flatten().tolist() == [ops.FILL, 0, 100, 128]


def mixed(n: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(0, 256, (n, 3, 11, 13), generator=generator, dtype=torch.uint8)
    strength = 2 * torch.rand(n, generator=generator) - 1
    return x, torch.arange(n) % len(ops.OPS), strength


def test_each_image_gets_its_own_operation_whatever_is_beside_it() -> None:
    x, op, strength = mixed(56)
    together = ops.apply_ops(x, op, strength)
    alone = [ops.apply_ops(x[i : i + 1], op[i : i + 1], strength[i : i + 1]) for i in range(56)]
    assert torch.equal(together, torch.cat(alone))


def test_the_path_without_row_selection_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x, op, strength = mixed(56)
    want = ops.apply_ops(x, op, strength)

    def everywhere(mask: Tensor, stage: Callable[..., Tensor], x: Tensor, *rows: Tensor) -> Tensor:
        return torch.where(mask.view(-1, *[1] * (x.ndim - 1)), stage(x, *rows), x)

    monkeypatch.setattr(ops, "_where", everywhere)
    assert torch.equal(ops.apply_ops(x, op, strength), want)


def test_nothing_waits_for_an_accelerator() -> None:
    """Meta tensors have no values: reading one, as a wait for the device would, raises."""
    x, op, strength = (t.to("meta") for t in mixed(14))
    with pytest.raises(NotImplementedError):
        op.nonzero()
    assert ops.apply_ops(x, op, strength).shape == x.shape


def test_the_input_is_not_written_to() -> None:
    x, op, strength = mixed(28)
    before = x.clone()
    ops.apply_ops(x, op, strength)
    assert torch.equal(x, before)
