"""First rounds that trials share: without a query yet, trials that differ only by strategy train the same."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from albench.plan import Trial, digest
from albench.store import FORMAT, replacing


class SharedRounds:
    """What first rounds left in a suite's folder, by everything that decides it.

    Parameters
    ----------
    folder
        Where the files are; made with the first one.
    data_hash
        Names the data.
    """

    def __init__(self, folder: Path, data_hash: str) -> None:
        self._folder = folder
        self._data_hash = data_hash

    def path(self, trial: Trial) -> Path:
        """The file of a trial's first round."""
        dataset, method, _, backbone = trial.resolved
        content = [FORMAT, dataset, method, backbone, trial.seed, trial.protocol.content, self._data_hash]
        return self._folder / f"{digest(content, 8)}.pt"

    @contextlib.contextmanager
    def hold(self, trial: Trial) -> Iterator[dict[str, Any] | None]:
        """Wait until no other process makes this round, and yield what one left; None where it is to be made."""
        from filelock import FileLock

        path = self.path(trial)
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            yield self._read(path)

    def keep(self, trial: Trial, left: dict[str, Any]) -> None:
        """Leave a round for others."""
        with replacing(self.path(trial)) as handle:
            torch.save({"format": FORMAT, **left}, handle)

    def drop(self, trial: Trial) -> None:
        """Forget a round that nobody needs any more."""
        for path in (self.path(trial), self.path(trial).with_suffix(".lock")):
            path.unlink(missing_ok=True)

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # whatever torch says of a missing or damaged file, the round is made again
            return None
        return content if content.get("format") == FORMAT else None


def weights_hash(model: nn.Module) -> str:
    """Sixteen hexadecimal digits that name a model's weights and buffers."""
    found = hashlib.blake2b(digest_size=8)
    for name, value in model.state_dict().items():
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
