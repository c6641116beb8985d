"""Pictures that are the same but for compression, scale, brightness or noise: found by a perceptual hash.

The hash is pHash (Zauner, 2010, Implementation and benchmarking of perceptual image hash functions): the signs, about
their median, of the 63 lowest frequencies of a 32 x 32 cosine transform. Pairs within ``RADIUS`` bits are found by
their bands: of eight bands of eight bits two such hashes share one at least. A pair counts where its 32 x 32 pictures
correlate by ``LEAST_CORRELATION`` or more; docs/reliability.md says what that finds, and what not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from albench.api.dataset import Splits
from albench.data.checks import SPLITS

SIDE, LOW = 32, 8
RADIUS, BANDS = 7, 8
LEAST_CORRELATION = 0.985
LEAST_SIDE = 16
"""Smaller pictures hold too little to tell two alike ones from one."""
FLAT = 2.0
"""Pictures whose values differ by less (standard deviation of 0 .. 255) are not compared: all blank ones are alike."""
MOST_CHECKED = 10_000_000
"""Pairs whose pictures are compared at most; in films and series of slices nearly all are alike."""
MOST_BEFORE_A_RUN = 6000
"""Pictures of all splits up to which a run looks for them unasked: a second of processor time."""
BLOCK = 2048
SHOWN = 3
"""Pairs named in a line."""
_ONES = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


@dataclass
class Near:
    """Near-duplicates, copies that are equal byte for byte aside.

    Attributes
    ----------
    n_compared, n_flat
        Pictures that were compared, and those that are nearly blank and were not.
    items
        (split, other split) -> rows of the first that have their like in the other.
    examples
        (split, other split) -> the first pairs of rows.
    n_other_class
        (split, other split) -> pairs of different classes.
    complete
        False where so many pairs are alike that the search was ended.
    """

    n_compared: int
    n_flat: int
    items: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    examples: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)
    n_other_class: dict[tuple[str, str], int] = field(default_factory=dict)
    complete: bool = True


def find_near(splits: Splits) -> Near | None:
    """Compare all pictures of all splits; None where the items are none, or too small.

    Memory is 1 KB a picture and channel, and time grows with the square of the number of pictures over 32: 50,000
    pictures take 16 s of processor time.
    """
    if splits.task.modality != "image" or min(splits.task.shape[-2:]) < LEAST_SIDE:
        return None
    small = [_small(getattr(splits, name).x) for name in SPLITS]
    sizes = [len(of_split) for of_split in small]
    pictures, spread = np.concatenate(small), np.concatenate([_spread(of_split) for of_split in small])
    kept = np.flatnonzero(spread >= FLAT)
    near = Near(n_compared=len(kept), n_flat=len(spread) - len(kept))
    split_of = np.repeat(np.arange(len(SPLITS)), sizes)
    row = np.concatenate([np.arange(size) for size in sizes])
    label = np.concatenate([getattr(splits, name).y for name in SPLITS])
    checked = 0
    pairs: list[np.ndarray] = []
    for pairs_of_band in _close(_hashes(pictures[kept])):
        places = kept[pairs_of_band]
        alike = places[_correlation(pictures, places) >= LEAST_CORRELATION]
        pairs.append(alike)
        checked += len(pairs_of_band)
        if checked > MOST_CHECKED:
            near.complete = False
            break
    every = np.concatenate(pairs) if pairs else np.empty((0, 2), np.int64)
    every = every[np.lexsort((every[:, 1], every[:, 0]))]
    for first, second in every:
        one, other = SPLITS[split_of[first]], SPLITS[split_of[second]]
        if np.array_equal(getattr(splits, one).x[row[first]], getattr(splits, other).x[row[second]]):
            continue
        key = one, other
        near.items.setdefault(key, set()).add(int(row[first]))
        if one == other:
            near.items[key].add(int(row[second]))
        near.examples.setdefault(key, []).append((int(row[first]), int(row[second])))
        near.n_other_class[key] = near.n_other_class.get(key, 0) + int(label[first] != label[second])
    return near


def near_across(splits: Splits) -> tuple[str, ...]:
    """Near-duplicates in two splits, a line for each pair of them, of sets small enough to look at before each run."""
    if sum(len(getattr(splits, name)) for name in SPLITS) > MOST_BEFORE_A_RUN:
        return ()
    near = find_near(splits)
    if near is None:
        return ()
    across = {pair: rows for pair, rows in near.items.items() if pair[0] != pair[1]}
    return tuple(near_lines(replace(near, items=across, n_flat=0), splits)) if across else ()


def near_lines(near: Near, splits: Splits) -> list[str]:
    """What was found, a line for each pair of splits; one that says so where there is nothing."""
    lines = []
    for one, other in sorted(near.items, key=lambda names: (names[0] == names[1], *map(SPLITS.index, names))):
        rows = near.items[one, other]
        examples = near.examples[one, other]
        shown = ", ".join(f"{splits.called(one, i)} ~ {splits.called(other, j)}" for i, j in examples[:SHOWN])
        more = f" and {len(examples) - SHOWN:,} more pairs" if len(examples) > SHOWN else ""
        whom = "one another" if one == other else f"items of {other}, so that figures come out too good"
        renamed = near.n_other_class[one, other]
        classes = f"; {renamed:,} of the pairs are of different classes" if renamed else ""
        lines.append(f"near-duplicates: {len(rows):,} items of {one} look like {whom} ({shown}{more}){classes}")
    if not near.complete:
        lines.append(f"near-duplicates: most pictures look alike; the search ended after {MOST_CHECKED:,} pairs")
    if near.n_flat:
        lines.append(f"near-duplicates: {near.n_flat:,} pictures are nearly blank and were not compared")
    return lines or [f"no near-duplicates among {near.n_compared:,} pictures"]


def _small(x: np.ndarray) -> np.ndarray:
    """(N, C, 32, 32) uint8 from (N, C, H, W): means of areas."""
    out = np.empty((len(x), x.shape[1], SIDE, SIDE), np.uint8)
    for start in range(0, len(x), BLOCK):
        block = torch.from_numpy(np.array(x[start : start + BLOCK])).float()
        if x.dtype != np.uint8:
            block = block * 255
        out[start : start + BLOCK] = torch.nn.functional.adaptive_avg_pool2d(block, SIDE).round().clamp(0, 255).numpy()
    return out


def _spread(pictures: np.ndarray) -> np.ndarray:
    return np.concatenate([_grey(pictures[s : s + BLOCK]).std(axis=(1, 2)) for s in range(0, len(pictures), BLOCK)])


def _grey(pictures: np.ndarray) -> np.ndarray:
    return np.asarray(pictures.mean(axis=1, dtype=np.float32))


def _hashes(pictures: np.ndarray) -> np.ndarray:
    """(N,) uint64 of 63 bits."""
    angle = np.pi / SIDE * (np.arange(SIDE) + 0.5)
    waves = np.cos(angle * np.arange(LOW)[:, None]).astype(np.float32)
    weights = np.uint64(1) << np.arange(LOW * LOW - 1, dtype=np.uint64)
    hashes = np.empty(len(pictures), np.uint64)
    for start in range(0, len(pictures), BLOCK):
        grey = _grey(pictures[start : start + BLOCK])
        low = (waves @ grey @ waves.T).reshape(len(grey), -1)[:, 1:]
        bits = low > np.median(low, axis=1, keepdims=True)
        hashes[start : start + BLOCK] = (bits * weights).sum(axis=1, dtype=np.uint64)
    return hashes


def _close(hashes: np.ndarray) -> Iterator[np.ndarray]:
    """(n, 2) ascending positions of hashes within ``RADIUS`` bits, each pair once: where the first band is shared."""
    width = 64 // BANDS
    for band in range(BANDS):
        values = (hashes >> np.uint64(band * width)) & np.uint64((1 << width) - 1)
        order = np.argsort(values, kind="stable")
        ends = np.flatnonzero(np.diff(values[order])) + 1
        for members in np.split(order, ends):
            blocks = [members[start : start + BLOCK] for start in range(0, len(members), BLOCK)]
            for one, other in itertools.combinations_with_replacement(range(len(blocks)), 2):
                differ = hashes[blocks[one]][:, None] ^ hashes[blocks[other]][None]
                near = _ones(differ) <= RADIUS
                for earlier in range(band):
                    mask = np.uint64(((1 << width) - 1) << (earlier * width))
                    near &= (differ & mask) != 0
                first, second = np.nonzero(near)
                pairs = np.stack([blocks[one][first], blocks[other][second]], axis=1)
                pairs = pairs[pairs[:, 0] < pairs[:, 1]]
                if len(pairs):
                    yield pairs


def _ones(numbers: np.ndarray) -> np.ndarray:
    """Bits that are set in each number."""
    if hasattr(np, "bitwise_count"):  # from NumPy 2 on
        counts: np.ndarray = np.bitwise_count(numbers)
        return counts
    return _ONES[numbers.view(np.uint16).reshape(*numbers.shape, 4)].sum(axis=-1)


def _correlation(pictures: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(n,) of all values of two pictures; colours count, as one mean is taken off all channels."""
    out = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), BLOCK):
        one, other = (pictures[pairs[start : start + BLOCK, side]].astype(np.float32) for side in (0, 1))
        one, other = (each.reshape(len(each), -1) for each in (one, other))
        one, other = (each - each.mean(axis=1, keepdims=True) for each in (one, other))
        scale = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
        out[start : start + BLOCK] = (one * other).sum(axis=1) / np.maximum(scale, 1e-6)
    return out
