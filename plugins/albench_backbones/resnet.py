"""Residual networks (He et al. 2016, arXiv 1512.03385)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from albench.api import Backbone, Task, option
from albench_backbones.build import build
from albench_backbones.images import centred

SMALLEST = 16
"""Smallest side: the small stem leaves it as it is and three stages halve it, so 2 x 2 positions are left to pool."""

LARGE_STEM = 100
"""From this side on the first layers reduce the image to a quarter of its side, as published for 224 pixels."""

LAYOUTS: dict[int, tuple[tuple[int, ...], bool]] = {
    18: ((2, 2, 2, 2), False),
    34: ((3, 4, 6, 3), False),
    50: ((3, 4, 6, 3), True),
}
"""Depth -> blocks of each stage, and whether they are bottlenecks (table 1)."""


class Block(nn.Module):
    """Convolutions with BatchNorm, added to the input, then ReLU (figures 2 and 5).

    Two of 3 x 3; as a bottleneck 1 x 1, 3 x 3 and 1 x 1, the last with four times the channels. The stride is that of
    the first 3 x 3 convolution: in a bottleneck on the 1 x 1 before it, as published, three quarters of the input
    would not be read.
    """

    def __init__(self, inputs: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        outputs = 4 * width if bottleneck else width
        if bottleneck:
            layers = [*_layer(inputs, width, 1), nn.ReLU(), *_layer(width, width, 3, stride), nn.ReLU()]
            layers += _layer(width, outputs, 1)
        else:
            layers = [*_layer(inputs, width, 3, stride), nn.ReLU(), *_layer(width, outputs, 3)]
        self.layers = nn.Sequential(*layers)
        # option B of section 3.3: a projection where the shape changes, else the input itself
        changes = stride != 1 or inputs != outputs
        self.shortcut = nn.Sequential(*_layer(inputs, outputs, 1, stride)) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(B, outputs, H / stride, W / stride) of x (B, inputs, H, W)."""
        return F.relu(self.layers(x) + self.shortcut(x))


class ResidualNet(nn.Module):
    """Images (B, K, H, W) to logits (B, C) and pooled features (B, 512), or (B, 2048) with bottlenecks.

    Parameters
    ----------
    channels
        Of the images.
    depth
        A key of ``LAYOUTS``.
    n_classes
        Number of logits.
    large_stem
        True for a 7 x 7 convolution of stride 2 and max-pooling, False for one of 3 x 3 that keeps every pixel, as in
        the paper's section 4.2 on images of 32 pixels.
    """

    def __init__(self, channels: int, depth: int, n_classes: int, large_stem: bool) -> None:
        super().__init__()
        counts, bottleneck = LAYOUTS[depth]
        if large_stem:
            self.stem = nn.Sequential(*_layer(channels, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1))
        else:
            self.stem = nn.Sequential(*_layer(channels, 64, 3), nn.ReLU())
        blocks: list[nn.Module] = []
        inputs = 64
        for stage, count in enumerate(counts):
            width = 64 << stage
            for place in range(count):
                blocks.append(Block(inputs, width, 2 if stage > 0 and place == 0 else 1, bottleneck))
                inputs = 4 * width if bottleneck else width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(inputs, n_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) and embeddings (B, E) of x (B, K, H, W)."""
        x = self.blocks(self.stem(centred(x))).mean(dim=(2, 3))
        return self.head(x), x


def _layer(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


@dataclass(frozen=True)
class ResNet(Backbone):
    """ResNet-18, -34 or -50 (He et al. 2016, arXiv 1512.03385), from scratch.

    Images below 100 pixels enter through a 3 x 3 convolution of stride 1 without max-pooling, larger ones through the
    published 7 x 7 of stride 2 and max-pooling.
    """

    modalities = frozenset({"image"})
    vmap_safe = False

    depth: Literal[18, 34, 50] = option(18, "layers: 18, 34 or 50")
    zero_init: bool = option(False, "each block starts as its shortcut (Goyal et al. 2017, section 5.1)")
    dropout: float = option(0.0, "share of the embedding dropped in training, before the head", ge=0, lt=1, later=True)

    def build(self, task: Task, generator: Generator) -> nn.Module:
        """``ResidualNet`` for the task, its weights drawn from ``generator``."""
        channels, height, width = task.shape
        large_stem = min(height, width) >= LARGE_STEM
        model = build(
            lambda: ResidualNet(channels, self.depth, task.n_classes, large_stem), generator, dropout=self.dropout
        )
        if self.zero_init:
            for block in model.modules():
                if isinstance(block, Block):
                    nn.init.zeros_(block.layers[-1].get_parameter("weight"))
        return model

    def skip(self, task: Task) -> str | None:
        """Why it cannot run: features instead of images, or images smaller than 16 x 16."""
        reason = super().skip(task)
        if reason or min(task.shape[1:]) >= SMALLEST:
            return reason
        height, width = task.shape[1:]
        return f"it needs images of at least {SMALLEST} x {SMALLEST} pixels, not {height} x {width}"
