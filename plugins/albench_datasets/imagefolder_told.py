"""What images lost when they were made alike, in words: counts, and the option that keeps it."""

from __future__ import annotations

from albench.api import DataError
from albench_datasets.imagefolder_pixels import DARK_COLOUR_BITS, Losses

LARGEST = 1024
"""The largest size that can be asked for."""


def how_read(losses: Losses, mode: str, size: int) -> list[str]:
    """Sizes and depths, a line each."""
    sizes = sorted(set(losses.sizes), key=lambda pair: (pair[0] * pair[1], pair))
    if not sizes:
        return []
    one, other = (f"{width:,} x {height:,}" for width, height in (sizes[0], sizes[-1]))
    n_images, squeezed = len(losses.sizes), sum(width != height for width, height in losses.sizes)
    shrunk = [max(pair) for pair in losses.sizes if max(pair) > size]
    lines = [
        f"images: {one if one == other else f'{one} to {other}'} as stored, read as {size} x {size} {mode}"
        + (f"; {squeezed:,} of {n_images:,} are not square and are squeezed" if squeezed else "")
        + (
            f"; {len(shrunk):,} of {n_images:,} are made smaller, up to {max(shrunk) / size:.3g} times: a larger size "
            f"(up to {min(max(shrunk), LARGEST):,}) keeps finer detail"
            if shrunk
            else ""
        )
    ]
    if losses.turned:
        lines.append(f"images: {losses.turned:,} of {n_images:,} are turned upright, as their EXIF orientation says")
    if losses.deep_colour:
        lines.append(f"pixels: {len(losses.deep_colour):,} images in colours of 16 bits, of which the upper 8 are read")
    return [*lines, *filter(None, [losses.depth.how_read()])]


def notices(losses: Losses, ground: str) -> list[str]:
    """What the user has to know, and the option that would keep it."""
    n_images, said = len(losses.sizes), []
    if losses.coloured:
        said.append(f"{losses.coloured:,} of {n_images:,} images are in colour and are read as grey: mode=rgb keeps it")
    other = "black" if ground == "white" else "white"
    if losses.covered:
        said.append(
            f"{losses.covered:,} of {n_images:,} images are {ground} drawings on a transparent ground, of which "
            f"nothing is seen over {ground}: ground={other} shows them"
        )
    elif losses.clear:
        said.append(
            f"{losses.clear:,} of {n_images:,} images have transparent parts, which are laid over {ground}: "
            f"ground={other} is the other way"
        )
    return [*said, *filter(None, [losses.depth.notice()])]


def check_colour_depth(losses: Losses, what: str) -> None:
    """Refuse colours of 16 bits whose values fill the lower bits alone.

    Raises
    ------
    DataError
        Saying how many bits they use.
    """
    used = max(losses.deep_colour, default=16)
    if used <= DARK_COLOUR_BITS and losses.depth.option != "16":
        raise DataError(
            f"{what}: {len(losses.deep_colour):,} images hold colours of 16 bits but use {used} of them, and only the "
            f"upper 8 can be read: save them with 8 bits a colour, or write depth=16 to read them dark"
        )
