"""A data set read through an encoder: its items become vectors, block by block, unless that was done before."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from albench.api.dataset import Split, Splits
from albench.api.encoder import EncodedDataset, Encoder
from albench.components.code_files import code_files, digest
from albench.components.fields import canonical, name_of
from albench.data.checks import SPLITS, UNLABELED, check_splits
from albench.data.equal_items import usable
from albench.data.hashes import items_hash
from albench.data.near_items import near_across
from albench.data.vectors import Made, kept, named
from albench.errors import DataError
from albench.wording import counted

UNSAID = 2.0
"""Seconds of encoding of which nothing is said."""
EVERY = 15.0
"""Seconds between two lines that say how far it is."""
CALLED = {"image": "image", "features": "item", "text": "text"}


def encoded(dataset: EncodedDataset, read: Splits, spec: str, device: str, near: bool) -> tuple[Splits, str]:
    """What a run takes of a data set whose items are encoded, and its hash.

    The hash names the items, the labels, the encoder with its options and its fingerprint, not the vectors' last
    digits, which differ between processors: trials of two machines are of one data set.

    Parameters
    ----------
    read
        The items as they are.
    spec
        The data set's, for messages.
    device
        Where the encoder computes.
    near
        Whether pictures of several splits that look alike are told.

    Raises
    ------
    DataError
        Where the items cannot be used, the encoder does not read them, or its vectors are not what they should be.
    PluginError
        Where what the encoder needs is missing.
    """
    inner = canonical(name_of(dataset.of), dataset.of)
    items, item_hash = usable(dataset.of, read, inner)
    if near:
        items = dataclasses.replace(items, notices=(*items.notices, *near_across(items)))
    encoder, called = dataset.encoder, canonical(name_of(dataset.encoder), dataset.encoder)
    reason = encoder.skip(items.task)
    if reason:
        raise DataError(f"{spec}: encoder {called}: {reason}.")
    fingerprint = encoder.fingerprint()
    making = _Making(encoder, called, fingerprint, items, device)
    parts = {name: making.vectors(name) for name in SPLITS}
    dim = parts["train"].x.shape[1]
    task = dataclasses.replace(items.task, modality="features", shape=(dim,))
    told = f"{counted(dim, 'feature')} of each {CALLED[items.task.modality]} by {called}"
    beyond = None if items.unlabeled is None else making.made(UNLABELED, items.unlabeled)
    changed = dict[str, Any](parts, unlabeled=beyond, task=task, how_read=(*items.how_read, told))
    splits = dataclasses.replace(items, **changed)
    check_splits(splits, spec)
    data_hash = named(item_hash, called, fingerprint)[:16]
    if dataset.equal_items == "allow":
        return splits, data_hash
    splits, found = usable(dataset, splits, spec)
    return splits, named(data_hash, found)[:16] if dataset.equal_items == "drop" else data_hash


@dataclass(frozen=True)
class _Making:
    """How vectors are made of items.

    Attributes
    ----------
    called
        The encoder with all options written out.
    """

    encoder: Encoder
    called: str
    fingerprint: str
    items: Splits
    device: str

    @functools.cached_property
    def fitted(self) -> Encoder:
        """The encoder with what it learns of the pool."""
        made = self.encoder.fit(self.items.train.x)
        if not isinstance(made, Encoder):
            raise DataError(f"{type(self.encoder).__name__}.fit returned a {type(made).__name__}, not an encoder.")
        return made

    @functools.cached_property
    def made_by(self) -> tuple[str, ...]:
        """All that vectors hang on beside the items themselves."""
        learns = type(self.encoder).fit is not Encoder.fit
        pool = items_hash(self.items.train.x, self.items.task.modality) if learns else ""
        return self.called, self.fingerprint, _code(self.encoder), pool

    def vectors(self, split: str) -> Split:
        """A split with vectors in place of its items."""
        part: Split = getattr(self.items, split)
        return Split(self.made(split, part.x), part.y)

    def made(self, split: str, x: np.ndarray) -> np.ndarray:
        """The (N, D) vectors of a split's items."""
        name = named(items_hash(x, self.items.task.modality), *self.made_by)
        about = {"encoder": self.called, "fingerprint": self.fingerprint, "of": split, "device": self.device}
        return kept(name, len(x), lambda: self._blocks(x, split), about)

    def _blocks(self, x: np.ndarray, split: str) -> Made:
        dim = self.fitted.dim(self.items.task)
        what = f"{counted(len(x), CALLED[self.items.task.modality])} of {split} with {self.called}"
        return dim, told(blocks(self.fitted, x, dim, torch.device(self.device)), len(x), what)


def blocks(encoder: Encoder, x: np.ndarray, dim: int, device: torch.device) -> Iterator[np.ndarray]:
    """The vectors of one block of items after another.

    Raises
    ------
    DataError
        Naming the items, where what comes is not (n, D), float32 and finite.
    """
    for start in range(0, len(x), encoder.block_size):
        # a copy: an encoder that writes to its block changes no item
        block = np.array(x[start : start + encoder.block_size])
        made = encoder.encode(block, device)
        where = f"{type(encoder).__name__}, items {start} to {start + len(block) - 1}"
        if not isinstance(made, np.ndarray) or made.shape != (len(block), dim) or made.dtype != np.float32:
            what = f"{made.dtype} {made.shape}" if isinstance(made, np.ndarray) else f"a {type(made).__name__}"
            raise DataError(f"{where}: encode gave {what}; float32 {(len(block), dim)} is needed.")
        if not np.isfinite(made).all():
            row = int(np.argwhere(~np.isfinite(made))[0][0])
            raise DataError(f"{where}: the vector of item {start + row} holds a value that is not finite.")
        yield made


def told(made: Iterator[np.ndarray], n_items: int, what: str) -> Iterator[np.ndarray]:
    """The blocks; of what takes long it is said on the error stream how far it is."""
    begun = last = time.monotonic()
    wait, done = UNSAID, 0
    for block in made:
        yield block
        done += len(block)
        now = time.monotonic()
        if done < n_items and now - last > wait:
            left = math.ceil((now - begun) / done * (n_items - done))
            print(f"encoding {what}: {done / n_items:.0%} done, {left} s left", file=sys.stderr, flush=True)
            last, wait = now, EVERY


def _code(encoder: Encoder) -> str:
    """Names the code of an encoder: what lies beside it included, the core and installed libraries not."""
    found: dict[str, str] = {}
    for one in type(encoder).__mro__:
        file = getattr(sys.modules.get(one.__module__), "__file__", None)
        if file and not one.__module__.startswith("albench.") and one.__module__ != "builtins":
            found |= {name: digest(path) for name, path in code_files(one.__module__, Path(file)).items()}
    return hashlib.blake2b(repr(sorted(found.items())).encode(), digest_size=8).hexdigest()
