"""A small convolutional network with GroupNorm, quick on a CPU and free of batch statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Generator, Tensor, nn

from albench.api import Backbone, Task, option
from albench_backbones.build import build
from albench_backbones.images import centred, too_small

GROUP = 8
"""Channels of one normalisation group, where they can be divided so."""


def stem_stride(side: int) -> int:
    """Stride of the first convolution: the larger the image the greater, so that every step costs about the same."""
    if side < 16:
        return 1
    return 2 if side < 48 else 4


class ConvNet(nn.Module):
    """Images (B, K, H, W) to logits (B, C) and pooled features (B, 4 width).

    Three convolutions, each with GroupNorm and ReLU; the second and the third halve the image.
    """

    def __init__(self, channels: int, stride: int, width: int, n_classes: int) -> None:
        super().__init__()
        kernel = 3 if stride < 4 else 5
        self.layers = nn.Sequential(
            *_stage(channels, width, kernel, stride),
            *_stage(width, 2 * width, 3, 2),
            *_stage(2 * width, 4 * width, 3, 2),
        )
        self.head = nn.Linear(4 * width, n_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) and embeddings (B, E) of x (B, K, H, W)."""
        x = self.layers(centred(x)).mean(dim=(2, 3))
        return self.head(x), x


def _stage(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    groups = math.gcd(max(1, outputs // GROUP), outputs)
    return [convolution, nn.GroupNorm(groups, outputs), nn.ReLU()]


@dataclass(frozen=True)
class CNN(Backbone):
    """Three convolutions with GroupNorm (Wu and He 2018, arXiv 1803.08494), for images from 8 x 8 pixels on."""

    modalities = frozenset({"image"})
    vmap_safe = True

    width: int = option(24, "channels of the first layer; the embedding has four times as many", ge=8)
    dropout: float = option(0.0, "share of the embedding dropped in training, before the head", ge=0, lt=1, later=True)

    def build(self, task: Task, generator: Generator) -> nn.Module:
        """``ConvNet`` for the task, its weights drawn from ``generator``."""
        channels, height, width = task.shape
        stride = stem_stride(min(height, width))
        return build(lambda: ConvNet(channels, stride, self.width, task.n_classes), generator, dropout=self.dropout)

    def skip(self, task: Task) -> str | None:
        """Why it cannot run: features instead of images, or images smaller than 8 x 8."""
        return super().skip(task) or too_small(task)
