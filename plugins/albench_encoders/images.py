"""Encoders of images: items brought to a model's own resolution, colours and scale, and sent through it."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albench.api import Encoder, Task
from albench_encoders.libraries import file_hash, state_of

CHANNELS = (1, 3)
"""Grey, which is repeated, and RGB."""


@dataclass(frozen=True)
class Preprocessing:
    """What is done to images in 0 .. 1 before a model sees them.

    Attributes
    ----------
    size
        Pixels a side; an image that is not square is stretched, so that nothing is cut off.
    mean, std
        What each channel is shifted and scaled by.
    mode
        ``bilinear`` or ``bicubic``, smoothed where an image is made smaller.
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    mode: str = "bilinear"

    def __call__(self, x: np.ndarray, device: torch.device) -> Tensor:
        """(n, K, size, size) float32 of x (n, 1 or 3, H, W): grey is repeated, RGB is averaged where K is 1."""
        images = torch.from_numpy(np.ascontiguousarray(x)).to(device)
        images = images.float().div_(255) if images.dtype == torch.uint8 else images.float()
        if images.shape[-2:] != (self.size, self.size):
            images = F.interpolate(images, (self.size, self.size), mode=self.mode, align_corners=False, antialias=True)
        if len(self.mean) < images.shape[1]:
            images = images.mean(dim=1, keepdim=True)
        images = images.expand(-1, len(self.mean), -1, -1)
        mean, std = (torch.tensor(values, device=device).view(1, -1, 1, 1) for values in (self.mean, self.std))
        return (images - mean) / std


@dataclass(frozen=True)
class ImageEncoder(Encoder):
    """Base of encoders of images: a subclass says which network, and what it is to be given."""

    modalities = frozenset({"image"})

    def preprocessing(self) -> Preprocessing:
        """What is done to images before."""
        raise NotImplementedError

    def network(self) -> nn.Module:
        """(n, 3, H, W) to (n, D); its weights are those that were trained. Made on the CPU."""
        raise NotImplementedError

    def weights(self) -> str:
        """Names the weights, and the library that the network is from."""
        raise NotImplementedError

    def fingerprint(self) -> str:
        """Weights, library and preprocessing."""
        return f"{self.weights()}; {dataclasses.astuple(self.preprocessing())}"

    def skip(self, task: Task) -> str | None:
        """Why it cannot encode: no images, or such as are neither grey nor RGB."""
        reason = super().skip(task)
        if reason is None and task.shape[0] not in CHANNELS:
            return f"it reads grey or RGB images, not {task.shape[0]} channels"
        return reason

    def dim(self, task: Task) -> int:
        """As many numbers as the network gives for one image."""
        return self.encode(np.zeros((1, *task.shape), np.float32), torch.device("cpu")).shape[1]

    def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
        """(n, D) float32 of x (n, C, H, W)."""
        with torch.inference_mode():
            vectors = loaded(self, str(device))(self.preprocessing()(x, device))
        found: np.ndarray = vectors.float().cpu().numpy()
        return found


def loaded(encoder: ImageEncoder, device: str) -> nn.Module:
    """The network on a device, kept for the blocks that follow; made anew where its file of weights has changed."""
    return _loaded(encoder, device, state_of(getattr(encoder, "weights_", "")))


@functools.lru_cache(maxsize=1)
def _loaded(encoder: ImageEncoder, device: str, _: tuple[int, ...]) -> nn.Module:
    """Torch's random state is as it was."""
    with torch.random.fork_rng(devices=[]):  # libraries draw weights before they load those that were trained
        torch.manual_seed(0)
        network = encoder.network()
    return network.to(device).eval().requires_grad_(False)


def named_weights(encoder: ImageEncoder) -> str:
    """Names an encoder's weights: by its file of them, else by all that its network holds."""
    file = getattr(encoder, "weights_", "")
    return file_hash(file) if state_of(file) else _network_hash(encoder)


@functools.lru_cache(maxsize=4)
def _network_hash(encoder: ImageEncoder) -> str:
    return weights_hash(loaded(encoder, "cpu").state_dict())


def weights_hash(state: Mapping[str, Tensor]) -> str:
    """Sixteen hexadecimal digits that name all weights of a model."""
    found = hashlib.blake2b(digest_size=8)
    for name, tensor in sorted(state.items()):
        found.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()
