"""The 14 operations of RandAugment on batches of 8-bit images, each image its own operation, as Pillow makes them.

Source: Cubuk et al., "RandAugment", NeurIPS 2020, with the operations and ranges of FixMatch (Sohn et al., NeurIPS
2020, table 12). Strength 0 leaves an image as it is, strength 1 is the end of the range:

=============  ============================================================  ======================
operation      what it does at strength s (sign: direction)                  in Pillow
=============  ============================================================  ======================
identity       nothing
autocontrast   darkest level to 0, lightest to 255, per channel; no strength  ImageOps.autocontrast
equalize       flat histogram, per channel; no strength                      ImageOps.equalize
solarize       inverts levels from 256 (1 - s)                               ImageOps.solarize
posterize      keeps 8 .. 4 bits                                             ImageOps.posterize
contrast       blends with the mean grey, factor 1 - 0.95 s                  ImageEnhance.Contrast
brightness     blends with black, factor 1 - 0.95 s                          ImageEnhance.Brightness
color          blends with its grey image, factor 1 - 0.95 s; grey: nothing  ImageEnhance.Color
sharpness      blends with its smoothed image, factor 1 - 0.95 s             ImageEnhance.Sharpness
rotate         by 30 s degrees about the centre                              Image.rotate
shear_x        x + 0.3 s y                                                   Image.transform AFFINE
shear_y        y + 0.3 s x                                                   Image.transform AFFINE
translate_x    by 0.3 s of the width                                         Image.transform AFFINE
translate_y    by 0.3 s of the height                                        Image.transform AFFINE
=============  ============================================================  ======================

The last five take the nearest pixel and fill what comes from outside with ``FILL``. Results are Pillow's own levels,
but for a difference of one where a blend falls on a whole level.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

# The order is by how an operation is made: with a table of levels, by blending, by moving pixels.
OPS = (
    "identity",
    "autocontrast",
    "equalize",
    "solarize",
    "posterize",
    "contrast",
    "brightness",
    "color",
    "sharpness",
    "rotate",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
)
FILL = 128
"""Grey level of pixels that come from outside the image."""
MAX_ANGLE = 30.0
MAX_SHEAR = 0.3
MAX_SHIFT = 0.3
MIN_FACTOR = 0.05
"""Ends of the ranges: degrees, pixels a pixel, share of the side, enhancement factor."""

_NUMBER = {name: number for number, name in enumerate(OPS)}


def apply_ops(x: Tensor, op: Tensor, strength: Tensor) -> Tensor:
    """Apply to each image its own operation.

    Parameters
    ----------
    x
        (B, C, H, W) uint8 with 1 or 3 channels.
    op
        (B,) int64 positions in ``OPS``.
    strength
        (B,) float32 in -1 .. 1; the sign is the direction of a move and means nothing elsewhere.

    Returns
    -------
    (B, C, H, W) uint8. An image's result depends on that image alone.
    """
    color, rotate = _NUMBER["color"], _NUMBER["rotate"]
    x = _where((op > 0) & (op < color), _map_levels, x, op, strength)
    x = _where((op >= color) & (op < rotate), _blend, x, op, strength)
    return _where(op >= rotate, _move, x, op, strength)


def _where(mask: Tensor, stage: Callable[..., Tensor], x: Tensor, *rows: Tensor) -> Tensor:
    """``stage(x, *rows)`` in the rows where ``mask`` (B,) holds, else x."""
    if x.device.type == "cpu":
        place = mask.nonzero().flatten()
        return x.index_copy(0, place, stage(x[place], *(row[place] for row in rows))) if len(place) else x
    # Counting the rows would wait for the device: make all, keep some.
    return torch.where(mask.view(-1, *[1] * (x.ndim - 1)), stage(x, *rows), x)


def _is(op: Tensor, name: str) -> Tensor:
    return (op == _NUMBER[name]).view(-1, 1, 1)


def _factor(strength: Tensor) -> Tensor:
    return 1 - (1 - MIN_FACTOR) * strength.abs()


def grey(x: Tensor) -> Tensor:
    """(B, 1, H, W) float32 whole grey levels of (B, C, H, W) uint8: ITU-R 601-2 in Pillow's 16-bit fixed point."""
    if x.shape[1] == 1:
        return x.float()
    red, green, blue = x.float().unbind(1)
    # All terms are whole and below 2**24: exact in float32.
    return ((red * 19595 + green * 38470 + blue * 7471 + 32768) / 65536).floor().unsqueeze(1)


def _map_levels(x: Tensor, op: Tensor, strength: Tensor) -> Tensor:
    """Operations that map each level of a channel to another: one look-up for all."""
    table = _where(op == _NUMBER["equalize"], _equalize_table, _tables(x, op, strength), x)
    return table.gather(2, x.flatten(2).long()).view_as(x)


def _tables(x: Tensor, op: Tensor, strength: Tensor) -> Tensor:
    """(B, C, 256) uint8 tables of all but equalize, in float64 as in Pillow's Python code."""
    ramp = torch.arange(256, dtype=torch.float64, device=x.device)
    size = strength.abs().double().view(-1, 1, 1)
    factor = _factor(size)
    flat = x.flatten(2)
    low, high = (level.double().unsqueeze(2) for level in (flat.amin(2), flat.amax(2)))
    spread = high > low
    stretch = 255 / torch.where(spread, high - low, 255.0)
    mean = (grey(x).mean((1, 2, 3), dtype=torch.float64) + 0.5).floor().view(-1, 1, 1)

    autocontrast, contrast = _is(op, "autocontrast"), _is(op, "contrast")
    slope = torch.where(autocontrast, stretch, factor)
    center = torch.where(contrast, mean, 0.0)
    offset = torch.where(autocontrast, torch.where(spread, -low * stretch, 0.0), center)
    table = ((ramp - center) * slope + offset).clamp(0, 255)
    table = torch.where(_is(op, "solarize"), torch.where(ramp < 256 * (1 - size), ramp, 255 - ramp), table)
    step = 2 ** (5 * size).floor().clamp(max=4)
    table = torch.where(_is(op, "posterize"), ramp - ramp % step, table)
    return table.to(torch.uint8)


def _equalize_table(table: Tensor, x: Tensor) -> Tensor:
    """(B, C, 256) uint8 tables of equalize. ``table`` gives the shape alone."""
    levels = x.flatten(2).long()
    count = torch.zeros(table.shape, dtype=torch.int64, device=x.device)
    count = count.scatter_add(2, levels, torch.ones_like(levels))
    lightest = count.gather(2, levels.amax(2, keepdim=True))
    step = torch.div(levels.shape[2] - lightest, 255, rounding_mode="floor")
    below = count.cumsum(2) - count
    divisor = step.clamp(min=1)
    flat = torch.div(below + torch.div(step, 2, rounding_mode="floor"), divisor, rounding_mode="floor").clamp(max=255)
    # Pillow leaves a channel alone whose pixels below the lightest level are fewer than 255.
    return torch.where(step > 0, flat, torch.arange(256, device=x.device)).to(torch.uint8)


def _blend(x: Tensor, op: Tensor, strength: Tensor) -> Tensor:
    """Color and sharpness: between the image and its degenerate."""
    image = x.float()
    degenerate = torch.where(_is(op, "color").unsqueeze(3), grey(x), _smooth(image))
    blended = degenerate + _factor(strength).view(-1, 1, 1, 1) * (image - degenerate)
    return blended.clamp(0, 255).to(torch.uint8)


def _smooth(image: Tensor) -> Tensor:
    """Pillow's SMOOTH: 3 x 3 mean with the centre five times; the border stays."""
    rows = image[:, :, :-2] + image[:, :, 1:-1] + image[:, :, 2:]
    box = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    inner = image[:, :, 1:-1, 1:-1]
    smooth = image.clone()
    smooth[:, :, 1:-1, 1:-1] = ((box + 4 * inner) / 13 + 0.5).floor()
    return smooth


def _move(x: Tensor, op: Tensor, strength: Tensor) -> Tensor:
    """Rotate, shear and translate: each pixel from the nearest one under an affine map.

    The map is in 16-bit fixed point, as Pillow's: whole numbers give the same pixels on every device.
    """
    height, width = x.shape[2:]
    s = strength.double()

    def only(name: str, value: Tensor) -> Tensor:
        return torch.where(op == _NUMBER[name], value, 0.0)

    angle = only("rotate", s) * -math.radians(MAX_ANGLE)
    cos, sin = angle.cos(), angle.sin()
    shear_x, shear_y = only("shear_x", s) * MAX_SHEAR, only("shear_y", s) * MAX_SHEAR
    center_x, center_y = width / 2, height / 2
    shift_x = only("translate_x", s) * (MAX_SHIFT * width) + center_x - cos * center_x - sin * center_y
    shift_y = only("translate_y", s) * (MAX_SHIFT * height) + center_y + sin * center_x - cos * center_y
    from_x = _fixed_point(cos, sin + shear_x, shift_x, height, width)
    from_y = _fixed_point(shear_y - sin, cos, shift_y, height, width)
    inside = (from_x >= 0) & (from_x < width) & (from_y >= 0) & (from_y < height)
    # One more pixel after the last holds the fill.
    source = torch.where(inside, from_y * width + from_x, height * width).flatten(1).long().unsqueeze(1)
    padded = F.pad(x.flatten(2), (0, 1), value=FILL)
    return padded.gather(2, source.expand(-1, x.shape[1], -1)).view_as(x)


def _fixed_point(per_x: Tensor, per_y: Tensor, shift: Tensor, height: int, width: int) -> Tensor:
    """(B, H, W) int32 source coordinates of the pixel centres; coefficients (B,) float64."""
    start = shift + 0.5 * per_x + 0.5 * per_y
    a, b, c = ((value * 65536 + 0.5).floor().int().view(-1, 1, 1) for value in (per_x, per_y, start))
    columns = torch.arange(width, dtype=torch.int32, device=shift.device)
    rows = torch.arange(height, dtype=torch.int32, device=shift.device).unsqueeze(1)
    return (a * columns + (b * rows + c)) >> 16
