"""What images lost when they were made alike, in words: counts, and the option that keeps it."""

from __future__ import annotations

from albench.api import DataError
from albench_datasets.imagefolder_fit import scaled_side
from albench_datasets.imagefolder_losses import Losses
from albench_datasets.imagefolder_pixels import DARK_COLOUR_BITS, Target

LEAST, LARGEST = 8, 1024
"""The sizes that can be asked for."""
SHOWN = 4
"""Names of colour profiles in one line."""


def how_read(losses: Losses, target: Target) -> list[str]:
    """Sizes, depths and what else changed, a line each."""
    if not losses.sizes:
        return []
    lines = [_shapes(losses, target)]
    of_all = f"of {len(losses.sizes):,}"
    if losses.turned:
        lines.append(f"images: {losses.turned:,} {of_all} are turned upright, as their EXIF orientation says")
    if losses.several:
        lines.append(f"images: {losses.several:,} {of_all} hold several pictures (MPO), of which the first is read")
    if losses.oblong:
        lines.append(f"images: {losses.oblong:,} {of_all} say that their pixels are not square, which is passed over")
    if losses.deep_colour:
        lines.append(f"pixels: {len(losses.deep_colour):,} images in colours of 16 bits, of which the upper 8 are read")
    if losses.keyed:
        lines.append(f"pixels: in {losses.keyed:,} images of 16 bits one grey is transparent, and is read as it is")
    if losses.primaries:
        lines.append(
            f"pixels: {losses.primaries:,} {of_all} name a red, green and blue of their own (PNG's cHRM), which are "
            "read as sRGB's: embed a profile in place of them"
        )
    if losses.inks:
        lines.append(f"pixels: {losses.inks:,} images in CMYK without a colour profile, of which colours are estimates")
    if losses.profiles and target.profile == "srgb":
        lines.append(f"pixels: {_profiles(losses)}, and are converted to sRGB (profile=srgb)")
    if losses.negatives and target.photometric == "apply":
        lines.append(f"pixels: {losses.negatives:,} {of_all} are negatives, and are turned over (photometric=apply)")
    return [*lines, *filter(None, [losses.depth.how_read()])]


def _shapes(losses: Losses, target: Target) -> str:
    """Sizes as stored, and how many became squares, smaller or larger."""
    sizes = sorted(set(losses.sizes), key=lambda pair: (pair[0] * pair[1], pair))
    one, other = (f"{width:,} x {height:,}" for width, height in (sizes[0], sizes[-1]))
    of_all, size = f"of {len(losses.sizes):,}", target.size
    said = [f"images: {one if one == other else f'{one} to {other}'} as stored, read as {size} x {size} {target.mode}"]
    kept = [min(pair) / max(pair) for pair in losses.sizes if pair[0] != pair[1]]
    if kept:
        how = {
            "stretch": "squeezed, which loses their shape: fit=pad or fit=crop keeps it",
            "pad": f"filled up with {target.ground} (fit=pad)",
            "crop": f"cut to their centre, which loses up to {_part(1 - min(kept))} of an image (fit=crop)",
        }[target.fit]
        said.append(f"{len(kept):,} {of_all} are not square and are {how}")
    sides = [scaled_side(pair, target.fit) for pair in losses.sizes]
    shrunk, enlarged = [side for side in sides if side > size], [side for side in sides if side < size]
    if shrunk:
        said.append(
            f"{len(shrunk):,} {of_all} are made smaller, up to {max(shrunk) / size:.3g} times: a larger size "
            f"(up to {min(max(shrunk), LARGEST):,}) keeps finer detail"
        )
    if enlarged:
        enough = max(LEAST, *enlarged)
        told = (
            f"{len(enlarged):,} {of_all} are made larger, up to {size / min(enlarged):.3g} times, which adds no detail"
        )
        said.append(told if shrunk or enough >= size else f"{told}: size={enough} is enough")
    return "; ".join(said)


def _profiles(losses: Losses) -> str:
    """How many images have which colour profiles."""
    count = losses.profiles.total()
    each = ", ".join(f"{name}: {number:,}" for name, number in losses.profiles.most_common(SHOWN))
    more = f", {len(losses.profiles) - SHOWN} more" if len(losses.profiles) > SHOWN else ""
    return f"{count:,} of {len(losses.sizes):,} images have a colour profile that is not sRGB ({each}{more})"


def _part(share: float) -> str:
    return f"{share:.0%}" if share < 0.995 else "over 99%"


def notices(losses: Losses, target: Target) -> list[str]:
    """What the user has to know, and the option that would keep it."""
    of_all, ground, said = f"of {len(losses.sizes):,} images", target.ground, []
    if losses.coloured:
        said.append(f"{losses.coloured:,} {of_all} are in colour and are read as grey: mode=rgb keeps it")
    other = "black" if ground == "white" else "white"
    if losses.covered:
        said.append(
            f"{losses.covered:,} {of_all} are {ground} drawings on a transparent ground, of which "
            f"nothing is seen over {ground}: ground={other} shows them"
        )
    elif losses.clear:
        said.append(
            f"{losses.clear:,} {of_all} have transparent parts, which are laid over {ground}: "
            f"ground={other} is the other way"
        )
    if losses.profiles and target.profile == "ignore":
        mixed = len(losses.profiles) > 1 or losses.profiles.total() < len(losses.sizes)
        sources = "; as not all have the same, it may tell scanners or hospitals apart" if mixed else ""
        said.append(f"{_profiles(losses)}, which is not applied: profile=srgb converts them{sources}")
    for why, count in losses.unfit.items():
        said.append(f"{count:,} {of_all} have a colour profile that cannot be applied ({why}), and are read without")
    if losses.negatives and target.photometric == "ignore":
        said.append(
            f"{losses.negatives:,} {of_all} are 16-bit TIFF files whose zero is white, which is passed over: they are "
            "read as negatives, and photometric=apply turns them over"
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
