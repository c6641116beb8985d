"""Weak and strong views of images: flip, shift and rotation; RandAugment and CutOut."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api.dataset import ImageDataset, scaled_shift
from albench.augment.draws import check_columns, pick
from albench.augment.ops import OPS, apply_ops
from albench.devices import can
from albench.errors import DataError

CUTOUT_FILL = 0.5
"""Value of a cut-out square: grey."""
BLOCK = 1 << 16
"""Pixels that a CPU rotates at a time: what lies between stays in its cache, twice as fast as the batch at once."""

# Columns of the noise: three for each operation from _OPS on.
_FLIP, _SHIFT_X, _SHIFT_Y, _ANGLE, _OPS = range(5)
_CUT_SIDE, _CUT_X, _CUT_Y, _COLUMNS = range(40, 44)


class ImageViews:
    """The built-in views of (B, C, H, W) images, uint8 or float32 in 0 .. 1, with 1 or 3 channels.

    Weak: left-right flip half of the time, a shift by whole pixels up to ``shift`` (None: an eighth of the shorter
    side) and a rotation up to ``rotate`` degrees, what comes from outside reflected about the outermost pixels. With a
    rotation pixels are bilinear, without one they are exact. Strong: the same flip and shift, then ``n_ops`` operations
    drawn for each image from ``ops.OPS`` with a strength of its own (made in 8-bit levels, to which float images are
    rounded), then CutOut: a grey square with a side up to ``cutout`` of the shorter side, its centre anywhere in the
    image.

    Row i of a view depends on row i of the image and of the noise alone.

    Source: Sohn et al., "FixMatch", NeurIPS 2020, section 2.3; CutOut: DeVries and Taylor, 2017, arXiv 1708.04552.

    Parameters
    ----------
    options
        Scales of the views.
    """

    def __init__(self, options: ImageDataset) -> None:
        self._options = options

    def weak(self, x: Tensor, noise: Tensor, consume: bool = False, size: int | None = None) -> Tensor:
        """(B, C, H, W) float32 in 0 .. 1: flipped, shifted, rotated. The view is always new memory.

        Raises
        ------
        DataError
            Where the images have neither 1 nor 3 channels.
        """
        self._check(x, noise)
        if not self._options.rotate:
            return _to_unit(self._shifted(x, noise))
        size = max(1, BLOCK // (x.shape[2] * x.shape[3])) if x.device.type == "cpu" else max(1, len(x))
        blocks = zip(x.split(size), noise.split(size), strict=True)
        return torch.cat([self._rotated(*block) for block in blocks])

    def strong(self, x: Tensor, noise: Tensor, size: int | None = None) -> Tensor:
        """(B, C, H, W) float32 in 0 .. 1: flipped, shifted, changed by RandAugment, cut out; see ``weak``."""
        self._check(x, noise)
        x = self._shifted(x, noise)
        if self._options.n_ops:
            x, home = _to_levels(x), x.device
            if not can(home).float64:  # in which operations find levels and places, as Pillow does
                x, noise = x.cpu(), noise.cpu()
            for slot in range(self._options.n_ops):
                which, strength, sign = noise[:, _OPS + 3 * slot : _OPS + 3 * slot + 3].unbind(1)
                x = apply_ops(x, pick(which, len(OPS)), torch.where(sign < 0.5, -strength, strength))
            x, noise = x.to(home), noise.to(home)
        x = _to_unit(x)
        return x.masked_fill_(self._cut(x, noise), CUTOUT_FILL) if self._options.cutout else x

    def _check(self, x: Tensor, noise: Tensor) -> None:
        check_columns(noise, _COLUMNS)
        if x.ndim != 4 or x.shape[1] not in (1, 3):
            raise DataError(
                f"items of shape {tuple(x.shape[1:])} have no built-in image views: "
                "give images (1 or 3, H, W), or override weak and strong in the data set's class"
            )

    def _draws(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Whether to flip (B,) bool, shifts (B,) int64 in x and y."""
        most = scaled_shift(x.shape) if self._options.shift is None else self._options.shift
        flip = (noise[:, _FLIP] < 0.5) & self._options.flip
        return flip, pick(noise[:, _SHIFT_X], 2 * most + 1) - most, pick(noise[:, _SHIFT_Y], 2 * most + 1) - most

    def _shifted(self, x: Tensor, noise: Tensor) -> Tensor:
        """A new tensor of x's type: flipped and shifted, each pixel picked by its place."""
        height, width = x.shape[2:]
        flip, shift_x, shift_y = self._draws(x, noise)
        columns = reflected(torch.arange(width, device=x.device) + shift_x.unsqueeze(1), width)
        columns = torch.where(flip.unsqueeze(1), width - 1 - columns, columns)
        rows = reflected(torch.arange(height, device=x.device) + shift_y.unsqueeze(1), height)
        place = (rows.unsqueeze(2) * width + columns.unsqueeze(1)).flatten(1).unsqueeze(1)
        return x.flatten(2).gather(2, place.expand(-1, x.shape[1], -1)).view(x.shape)

    def _rotated(self, x: Tensor, noise: Tensor) -> Tensor:
        """Flip, shift and rotation in one bilinear sampling."""
        height, width = x.shape[2:]
        flip, shift_x, shift_y = self._draws(x, noise)
        angle = (2 * noise[:, _ANGLE] - 1) * math.radians(self._options.rotate)
        # Offsets from the centre, so that a flip is a change of sign.
        across = torch.arange(width, dtype=torch.float32, device=x.device) - (width - 1) / 2
        down = (torch.arange(height, dtype=torch.float32, device=x.device) - (height - 1) / 2).unsqueeze(1)
        cos, sin = angle.cos().view(-1, 1, 1), angle.sin().view(-1, 1, 1)
        side = torch.where(flip, -1.0, 1.0).view(-1, 1, 1)
        # grid_sample wants -1 and 1 at the centres of the outermost pixels, about which it reflects.
        unit_x, unit_y = 2 / max(width - 1, 1), 2 / max(height - 1, 1)
        # What varies along one axis is added last: one pass over the pixels for each coordinate.
        from_x = (cos * across + shift_x.view(-1, 1, 1)) * (side * unit_x) - sin * down * (side * unit_x)
        from_y = sin * across * unit_y + (cos * down + shift_y.view(-1, 1, 1)) * unit_y
        grid = torch.stack((from_x, from_y), dim=3)
        view = F.grid_sample(_to_unit(x), grid, mode="bilinear", padding_mode="reflection", align_corners=True)
        return view.clamp_(0, 1)

    def _cut(self, x: Tensor, noise: Tensor) -> Tensor:
        """(B, 1, H, W) bool: the square to fill."""
        height, width = x.shape[2:]
        reach = (noise[:, _CUT_SIDE] * (self._options.cutout * min(height, width) / 2)).unsqueeze(1)
        across = torch.arange(width, device=x.device) + 0.5 - noise[:, _CUT_X].unsqueeze(1) * width
        down = torch.arange(height, device=x.device) + 0.5 - noise[:, _CUT_Y].unsqueeze(1) * height
        return ((down.abs() < reach).unsqueeze(2) & (across.abs() < reach).unsqueeze(1)).unsqueeze(1)


def reflected(place: Tensor, size: int) -> Tensor:
    """Places in 0 .. size - 1, by reflection about the first and the last; any int64 tensor."""
    if size == 1:
        return torch.zeros_like(place)
    return (size - 1) - (place % (2 * size - 2) - (size - 1)).abs()


def _to_unit(x: Tensor) -> Tensor:
    return x if x.is_floating_point() else x.float().div_(255)


def _to_levels(x: Tensor) -> Tensor:
    return (x * 255).round_().clamp_(0, 255).to(torch.uint8) if x.is_floating_point() else x
