"""Models of the sentence-transformers library (Reimers and Gurevych, 2019, EMNLP)."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from albench.api import Encoder, PluginError, Task, option
from albench_encoders.images import weights_hash
from albench_encoders.libraries import folder_hash, library, reason, version


@dataclass(frozen=True)
class SentenceTransformers(Encoder):
    """Any model of sentence-transformers, such as all-MiniLM-L6-v2 (384 numbers, 91 MB, Apache-2.0), by name or folder.

    Vectors have unit length times the square root of D; texts are cut where the model's own limit is. Weights are
    downloaded once, each under a licence of its own, or read from a folder. Needs
    ``pip install 'albench[sentences]'``, Apache-2.0.
    """

    modalities = frozenset({"text"})
    block_size = 256

    model: str = option("sentence-transformers/all-MiniLM-L6-v2", "name of the model on the hub, or its folder")

    def fingerprint(self) -> str:
        """What the folder holds, else all weights and the longest text; and the libraries' versions."""
        library("sentence_transformers", "sentences")
        content = folder_hash(self.model) or _hash(self.model)
        return f"{content}; {version('sentence-transformers')}; {version('transformers')}"

    def dim(self, task: Task) -> int:
        """As many numbers as the model gives for one text."""
        return self.encode(np.array(["a"], object), torch.device("cpu")).shape[1]

    def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
        """(n, D) float32 of texts x (n,)."""
        vectors = _loaded(self.model, str(device), folder_hash(self.model)).encode(
            [str(text) for text in x], convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        found: np.ndarray = np.asarray(vectors, np.float32) * np.float32(math.sqrt(vectors.shape[1]))
        return found


@functools.lru_cache(maxsize=1)
def _loaded(model: str, device: str, _: str = "") -> Any:
    """The model on a device, kept for the blocks that follow; torch's random state is as it was."""
    module: Any = library("sentence_transformers", "sentences")
    try:
        with torch.random.fork_rng(devices=[]):
            return module.SentenceTransformer(model, device=device).eval()
    except Exception as error:
        raise PluginError(
            f"sentence-transformers[model={model}]: it cannot be had ({reason(error)}); check the name and the "
            "network, or name a folder"
        ) from error


@functools.lru_cache(maxsize=4)
def _hash(model: str) -> str:
    made = _loaded(model, "cpu")
    return f"{weights_hash(made.state_dict())}; {made.max_seq_length} tokens"
