"""Static token vectors of WordLlama, from a package that holds its weights."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from albench.api import Encoder, PluginError, Task
from albench_encoders.libraries import file_hash, library, require, version

EXTRA = "wordllama"
DIM = 256
WEIGHTS = f"weights/l2_supercat_{DIM}.safetensors"


@dataclass(frozen=True)
class WordLlama(Encoder):
    """Mean of static token vectors (WordLlama, Miller 2024, ``l2_supercat``, taken from the embeddings of Llama 2).

    256 numbers, of unit length times 16; word order does not count. 0.1 ms a text on a CPU. 19 MB, licence MIT; needs
    ``pip install 'albench[wordllama]'`` and no network after that.
    """

    modalities = frozenset({"text"})
    block_size = 512

    def fingerprint(self) -> str:
        """The weights' content and the library's version."""
        return f"{file_hash(_folder() / WEIGHTS)}; {version('wordllama')}"

    def dim(self, task: Task) -> int:
        """256."""
        return DIM

    def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
        """(n, 256) float32 of texts x (n,)."""
        # One text at a time: the sum over a block's padding rounds otherwise.
        vectors = np.concatenate([_model().embed([str(text)]) for text in x])
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        found: np.ndarray = (vectors * (math.sqrt(DIM) / np.maximum(length, 1e-12))).astype(np.float32)
        return found


def _folder() -> Path:
    require("wordllama", EXTRA)
    module = library("wordllama", EXTRA)
    return Path(str(module.__file__)).parent


@functools.cache
def _model() -> Any:
    module, folder = library("wordllama", EXTRA), _folder()
    try:
        # the package looks for its own tokenizer elsewhere, and would ask the network for it
        return module.WordLlama.load(cache_dir=folder, disable_download=True)
    except (OSError, ValueError) as error:
        raise PluginError(f"wordllama: its weights cannot be read ({error}); install it again") from error
