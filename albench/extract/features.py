"""Computes a backbone's embeddings of every split, or what is missing of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.backbone import Backbone
from albench.api.dataset import Splits
from albench.api.task import Task
from albench.components import spec as specs
from albench.components.fields import canonical
from albench.components.registry import registry
from albench.components.side_effects import printed_aside
from albench.data.checks import parts_of
from albench.data.loading import load_data
from albench.errors import ContractError, DataError, StoreError, UserError
from albench.execution.device import resolve_device
from albench.execution.failures import Work, in_one_line
from albench.extract.folder import check, claim, feature_file, is_complete, keep_at_once, kept_at_once, write_labels
from albench.extract.reading import AT_ONCE, Reader
from albench.extract.rows import RowFile, progress_file
from albench.results.provenance import MADE_BY, Provenance
from albench.suite.settings import RunSettings
from albench.trial.numerics import numerics

Tell = Callable[[str, int, int], None]
"""Called with a split, its rows that are on disk and all its rows."""


@dataclass(frozen=True)
class Extraction:
    """What an extraction left.

    Attributes
    ----------
    folder
        Where the files are.
    splits
        The data set, as it was loaded.
    computed
        Rows that were computed now; 0 where everything was there.
    size
        Features of one item.
    at_once
        Items that the model read at once; fewer than ``AT_ONCE`` where more did not fit into the device's memory.
    """

    folder: Path
    splits: Splits
    computed: int
    size: int
    at_once: int = AT_ONCE


@printed_aside()
def extract(
    dataset: str,
    backbone: str,
    settings: RunSettings,
    *,
    seed: int = 0,
    block: int = 512,
    threads: int = 1,
    weights: Path | None = None,
    tell: Tell | None = None,
) -> Extraction:
    """Write the embeddings of every split. Memory does not grow with the number of items.

    Parameters
    ----------
    dataset, backbone
        Specs.
    settings
        Device, data folder and plugins as for a run; ``out`` is a folder that is new, empty, or holds a part of the
        same extraction.
    seed
        Of the initial weights: those of a trial with that seed.
    block
        Items after which progress is kept.
    threads
        CPU threads; their number changes sums in the last digit, so it belongs to the folder's facts.
    weights
        A state dict of the backbone, saved with ``torch.save``; its ``head`` is not read.
    tell
        Told of each block.

    Raises
    ------
    UserError
        Where the backbone cannot read the data, or a setting is wrong.
    DataError
        Where the weights do not fit, or an embedding is not finite.
    StoreError
        Where the folder holds something else, is in use, or cannot be written.
    DeviceLacks, DeviceLost
        Where not even one item fits into the device's memory, or it answers no more.
    """
    for name, value, least in (("seed", seed, 0), ("block", block, 1), ("threads", threads, 1)):
        if value < least:
            raise UserError(f"--{name} {value}: it must be {least} or more.")
    dataset, backbone, out = str(specs.parse(dataset)), str(specs.parse(backbone)), settings.out.expanduser()
    place = torch.device(resolve_device(settings.device))
    found = registry(settings.plugin_files)
    builder: Backbone = found.build("backbone", backbone)
    data = load_data(dataset, settings.data_dir, found)
    splits = data.splits
    reason = builder.skip(splits.task)
    if reason:
        raise UserError(f"backbone {backbone} cannot read {dataset}: {reason}.")
    facts = {
        "dataset": dataset,
        "data_hash": data.hash,
        "backbone": backbone,
        "weights": _file_hash(weights) if weights else None,
        "seed": seed,
        "block": block,
        "threads": threads,
        "device": place.type,
        MADE_BY: {
            "backbone": Provenance(found, settings.data_dir).part(
                "backbone", canonical(specs.parse(backbone).name, builder)
            )
        },
    }
    try:
        check(out, facts)
        if is_complete(out, splits):
            return Extraction(out, splits, 0, _width(out / feature_file("train")), kept_at_once(out))
        with in_one_line(str(place), _work(out)), numerics(threads), torch.no_grad():
            # The model comes before the folder: what is wrong with it leaves nothing behind.
            model = build_model(builder, splits.task, seed, weights).to(place).eval()
            reader = Reader(model, place, kept_at_once(out), lambda at_once: keep_at_once(out, at_once))
            size = _width_of(reader, splits.train.x)
            with claim(out, facts):
                write_labels(out, splits)
                rows = [_write(out, split, splits, (reader, size), block, tell) for split in parts_of(splits)]
    except OSError as error:
        raise StoreError(
            f"{out} cannot be written ({error.strerror or error}): what is complete there is whole; make room or name "
            "another --out, then run the same command again."
        ) from error
    return Extraction(out, splits, sum(rows), size, reader.at_once)


def _work(out: Path) -> Work:
    """What is said where the device fails."""
    return Work(
        lower="not even one item at a time fits: take a smaller backbone or lower --block",
        on_cpu="--device cpu and another --out",
        again=f"what is complete in {out} is whole; run the same command again",
        who="the backbone",
    )


def _write(out: Path, split: str, splits: Splits, source: tuple[Reader, int], block: int, tell: Tell | None) -> int:
    """Write what is missing of one split; returns how many rows that were."""
    reader, size = source
    x, final = parts_of(splits)[split], out / feature_file(split)
    computed = 0
    if not final.exists():
        with RowFile(final, (len(x), size), block) as file:
            while file.rows < len(x):
                rows = reader.embed(x[file.rows : file.rows + block])
                _check_rows(rows, size, split, file.rows)
                file.append(rows)
                computed += len(rows)
                if tell is not None:
                    tell(split, file.rows, len(x))
    progress_file(final).unlink(missing_ok=True)
    return computed


def build_model(builder: Backbone, task: Task, seed: int, weights: Path | None) -> nn.Module:
    """The model that a trial of this seed starts from, with the user's weights where there are any.

    Raises
    ------
    DataError
        Where the file is no state dict, or one of another model.
    """
    model = builder.build(task, seeds.torch_stream("weights", seed, 0))
    if weights is None:
        return model
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what its several readers raise
        raise DataError(f"--weights {weights}: torch cannot load it as weights; {_SAVE}.") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise DataError(f"--weights {weights}: it is no state dict; {_SAVE}.")
    # The head is not used, and weights trained on other classes have another one.
    own = {name: value for name, value in model.state_dict().items() if not name.startswith("head.")}
    given = {str(name): value for name, value in state.items() if not str(name).startswith("head.")}
    for name in [*own, *given]:
        needed, there = (str(tuple(d[name].shape)) if name in d else "missing" for d in (own, given))
        if needed != there:
            raise DataError(f"--weights {weights}: {name} is {there} in the file, {needed} in the backbone.")
    model.load_state_dict(given, strict=False)
    return model


_SAVE = "save one with torch.save(model.state_dict(), FILE)"


def _width_of(reader: Reader, x: np.ndarray) -> int:
    shape = reader.embed(x[:1]).shape
    if len(shape) != 2:
        raise ContractError(f"the backbone gave an embedding of shape {shape}, not (items, features).")
    return int(shape[1])


def _width(path: Path) -> int:
    """E of a finished file (N, E)."""
    return int(np.load(path, mmap_mode="r", allow_pickle=False).shape[1])


def _check_rows(rows: np.ndarray, size: int, split: str, start: int) -> None:
    if rows.shape[1:] != (size,):
        raise ContractError(f"{split} split: the backbone gave embeddings of shape {rows.shape}, before of {size}.")
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise DataError(f"{split} split, row {start + int(bad[0])}: its embedding is not finite; check the weights.")


def _file_hash(path: Path) -> str:
    """Sixteen hexadecimal digits that name a file's content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
    except OSError as error:
        raise DataError(f"--weights {path}: cannot be read ({error.strerror or error}).") from error
