"""How an encoder has to behave: vectors that hang on each item alone, and a name for all that makes them."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from albench.api.dataset import Split, Splits
from albench.api.encoder import Encoder
from albench.devices import Name, can
from albench.testing.encoder_subject import (
    FEATURES,
    IMAGES,
    ITEMS,
    POOL,
    TEXT,
    EncoderSubject,
    differ,
    encode,
    fit,
    items,
)
from albench.testing.on_device import a_device
from albench.testing.report import Fault, NotApplicable
from albench.testing.watch import changed_globals, global_state, other_globals

RANGE = (0.01, 100.0)
"""Root mean square of vectors that a network can begin with."""
GPU_ROUNDING = 2e-2


def vector_types(subject: EncoderSubject) -> None:
    """encode gives finite float32 vectors (n, D), and dim(task) says D."""
    for task, x, encoder in subject.cases():
        size = encode(encoder, x).shape[1]
        said = encoder.dim(task)
        if said != size or isinstance(said, bool):
            raise Fault(f"dim is {said!r}, vectors have {size} numbers")


def block_size_changes_nothing(subject: EncoderSubject) -> None:
    """A block of one, of three and of all items give the same vectors, but for rounding."""
    for _, x, encoder in subject.cases():
        whole = encode(encoder, x)
        for block in (1, 3):
            if differ(whole, encode(encoder, x, block)):
                raise Fault(f"in blocks of {block} items have other vectors than in one of {ITEMS}: use eval mode, and "
                            "take nothing from the block as a whole")  # fmt: skip


def order_changes_nothing(subject: EncoderSubject) -> None:
    """Items in another order have the same vectors, but for rounding."""
    for _, x, encoder in subject.cases():
        order = np.roll(np.arange(len(x))[::-1], 2)
        if differ(encode(encoder, x)[order], encode(encoder, x[order])):
            raise Fault("an item's vector depends on its place in the block")


def same_vectors_twice(subject: EncoderSubject) -> None:
    """Two encoders of the same options, fitted on one pool, give the same vectors, whatever the global random state."""
    for task, x, encoder in subject.cases():
        with other_globals(1):
            first = encode(encoder, x)
        with other_globals(2):
            if differ(first, encode(encoder, x), 0):
                raise Fault("the same items gave other vectors: use eval mode, without dropout")
            if differ(first, encode(subject.fitted(task), x)):
                raise Fault(
                    "another instance gave other vectors: load weights, or draw them from a generator of its own"
                )


def different_items_differ(subject: EncoderSubject) -> None:
    """Different items have different vectors."""
    for _, x, encoder in subject.cases():
        made = encode(encoder, x)
        if not differ(made, np.broadcast_to(made[:1], made.shape), 1e-6):
            raise Fault("all items have one vector")


def empty_items(subject: EncoderSubject) -> None:
    """Items that hold nothing, black or white pictures, zeros and texts without words, have finite vectors."""
    for task, x, encoder in subject.cases():
        for value in (0, 255) if task.modality == "image" else (0,):
            empty = np.full_like(x[:2], "" if task.modality == "text" else value)
            encode(encoder, empty)
        if task.modality == "text":
            empty[0], empty[1] = "??", "\U0001f600 \u00e9 " * 400
            encode(encoder, empty)


def float_images(subject: EncoderSubject) -> None:
    """Images of float32 in 0 .. 1 have the vectors of the same images of uint8."""
    if "image" not in subject.reads:
        raise NotApplicable("it reads no images")
    for task, x, encoder in subject.cases():
        if task.modality == "image" and differ(
            encode(encoder, x), encode(encoder, x.astype(np.float32) / np.float32(255)), 1e-3
        ):
            raise Fault("images of float32 in 0 .. 1 have other vectors than as uint8: divide uint8 alone by 255")


def size_to_learn_from(subject: EncoderSubject) -> None:
    """The vectors' root mean square is one that a network can begin with."""
    for _, x, encoder in subject.cases():
        size = float(np.sqrt(np.mean(encode(encoder, x).astype(np.float64) ** 2)))
        if not RANGE[0] <= size <= RANGE[1]:
            raise Fault(f"the root mean square of the vectors is {size:.3g}: multiply them by one number, towards 1")


def writes_to_nothing(subject: EncoderSubject) -> None:
    """encode and fit leave the items as they are, and vectors are new memory."""
    for task, x, encoder in subject.cases():
        given = x.copy()
        made = encoder.encode(given, torch.device("cpu"))
        if not np.array_equal(given, x):
            raise Fault("encode wrote to the items: work on a copy")
        if isinstance(made, np.ndarray) and np.shares_memory(made, given):
            raise Fault("encode returned the items' own memory: return a copy")
        pool = items(task, POOL, seed=1)
        given = pool.copy()
        fit(subject.build(), given)
        if not np.array_equal(given, pool):
            raise Fault("fit wrote to the items: work on a copy")


def fingerprint_is_stable(subject: EncoderSubject) -> None:
    """Two encoders of the same options have one fingerprint, a line of text, before fit and after."""
    with other_globals(1):
        first: Any = subject.encoder.fingerprint()
    with other_globals(2):
        second = subject.build().fingerprint()
    if not isinstance(first, str) or len(first.splitlines()) > 1:
        raise Fault(f"fingerprint gives {first!r}: a line of text is needed")
    if first != second:
        raise Fault("another instance has another fingerprint: leave out times, addresses and what is drawn")
    for _, x, encoder in subject.cases():
        encode(encoder, x)
        if encoder.fingerprint() != first:
            raise Fault("fit or encode changed the fingerprint")


def fingerprint_changes_with_files(subject: EncoderSubject) -> None:
    """Where an option names a file, as of weights, another content of it gives another fingerprint."""
    encoder: Any = subject.encoder
    fields = dataclasses.fields(encoder) if dataclasses.is_dataclass(encoder) else ()
    named = {field.name: Path(str(getattr(encoder, field.name))) for field in fields if field.init}
    files = {name: path for name, path in named.items() if path.name and path.exists()}
    if not files:
        raise NotApplicable("no option names a file")
    for name, path in files.items():
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            shutil.copytree(path, copy) if path.is_dir() else shutil.copyfile(path, copy)
            replaced = dataclasses.replace(encoder, **{name: type(getattr(encoder, name))(copy)})
            before = replaced.fingerprint()
            for file in [each for each in copy.rglob("*") if each.is_file()] if copy.is_dir() else [copy]:
                content = bytearray(file.read_bytes())
                content[-1:] = bytes([(content[-1] if content else 0) ^ 1])
                file.write_bytes(bytes(content))
            if replaced.fingerprint() == before:
                raise Fault(f"other content of {name}={path.name} has the same fingerprint: hash it")


def fits_the_pool_alone(subject: EncoderSubject) -> None:
    """fit, on the pool in another order, gives the same vectors; it gives an encoder, and leaves itself as it was."""
    for task, x, encoder in subject.cases():
        pool = items(task, POOL, seed=1)
        first = encode(encoder, x)
        if differ(first, encode(fit(subject.build(), pool[::-1]), x), 1e-3):
            raise Fault("the pool in another order gave other vectors")
        base = subject.build()
        one = fit(base, pool)
        fit(base, items(task, POOL, seed=2))
        if differ(first, encode(one, x)):
            raise Fault("fitting again changed what was fitted before: return a new encoder, and keep self as it is")


def labels_unseen(subject: EncoderSubject) -> None:
    """Whatever the labels are, of training, validation and test items, the vectors are the same."""
    for task, x, _ in subject.cases():
        pool = items(task, POOL, seed=1)
        found = []
        for shift in range(2):
            y = (np.arange(POOL) + shift) % task.n_classes
            found.append(_with_labels(subject.build(), pool, x, y, task.n_classes))
        if differ(found[0], found[1]):
            raise Fault("other labels gave other vectors: an encoder sees items alone")


def _with_labels(encoder: Encoder, pool: np.ndarray, x: np.ndarray, y: np.ndarray, n_classes: int) -> np.ndarray:
    """The vectors of ``x`` while splits with labels lie where albench has them."""
    labels = y[: len(x)]
    splits = Splits(
        Split(pool, y), Split(x, labels), Split(x, labels), dataclasses.replace(FEATURES, n_classes=n_classes)
    )
    made = encode(fit(encoder, splits.train.x), splits.test.x)
    return made if splits is not None else x


def global_state_untouched(subject: EncoderSubject) -> None:
    """Building, fitting, encoding and the fingerprint leave global random states and settings as they are."""
    for task, x, _ in subject.cases():
        with other_globals(2):  # a seed set before is no change: start from another state
            before = global_state()
            made = subject.build()
            made.fingerprint()
            encode(fit(made, items(task, POOL, seed=1)), x)
            changed = changed_globals(before)
        if changed:
            raise Fault(f"it changed {' and '.join(changed)}: use a generator of its own, or torch.random.fork_rng")


def skips_other_modalities(subject: EncoderSubject) -> None:
    """skip gives a reason for items of a modality that it does not read."""
    for task in (FEATURES, IMAGES[0], TEXT):
        if task.modality in subject.reads:
            continue
        subject.case = f"a task of modality {task.modality}"
        reason = subject.encoder.skip(task)
        if not isinstance(reason, str) or not reason.strip():
            raise Fault(f"skip gives {reason!r}: begin it with super().skip(task)")


def vectors_on_cuda(subject: EncoderSubject) -> None:
    """On a CUDA device, pretended where there is none, items have the vectors of the CPU, but for rounding."""
    _vectors_on("cuda", subject)


def vectors_on_mps(subject: EncoderSubject) -> None:
    """On an Apple GPU, or by its rules, without float64, items have the vectors of the CPU, but for rounding."""
    _vectors_on("mps", subject)


def _vectors_on(kind: Name, subject: EncoderSubject) -> None:
    for _, x, encoder in subject.cases():
        usual = encode(encoder, x)
        with a_device(kind):
            made = encoder.encode(x.copy(), torch.device(kind, 0))
        if not isinstance(made, np.ndarray) or differ(usual, made, GPU_ROUNDING):
            raise Fault(f"items have other vectors on {can(kind).title}")
