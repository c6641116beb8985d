"""Wide ResNet."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from albench.api import Backbone, Task, UserError, option
from albench_backbones.build import build
from albench_backbones.images import centred, too_small

SLOPE = 0.1
EPS = 1e-3


class Block(nn.Module):
    """Two 3 x 3 convolutions, each after BatchNorm and leaky ReLU, added to the input (pre-activation).

    Parameters
    ----------
    inputs, outputs
        Channels.
    stride
        Of the first convolution and of the shortcut.
    activate_first
        True where the shortcut, too, starts from the activated input: the first block of the network.
    momentum
        Of the batch statistics.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, activate_first: bool, momentum: float) -> None:
        super().__init__()
        self.activate_first = activate_first
        self.norm1 = nn.BatchNorm2d(inputs, eps=EPS, momentum=momentum)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs, eps=EPS, momentum=momentum)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, outputs, H / stride, W / stride) of x (B, inputs, H, W)."""
        active = F.leaky_relu(self.norm1(x), SLOPE)
        kept = active if self.activate_first else x
        if self.shortcut is not None:
            kept = self.shortcut(kept)
        inner: Tensor = self.conv2(F.leaky_relu(self.norm2(self.conv1(active)), SLOPE))
        return kept + inner


class WideResNet(nn.Module):
    """Images (B, K, H, W) to logits (B, C) and pooled features (B, 64 widen)."""

    def __init__(self, channels: int, depth: int, widen: int, n_classes: int, momentum: float) -> None:
        super().__init__()
        sizes = [16, 16 * widen, 32 * widen, 64 * widen]
        self.stem = nn.Conv2d(channels, sizes[0], 3, padding=1, bias=False)
        blocks = []
        for group, stride in enumerate((1, 2, 2)):
            for place in range((depth - 4) // 6):
                inputs = sizes[group + (place > 0)]
                first = group == 0 and place == 0
                blocks.append(Block(inputs, sizes[group + 1], 1 if place else stride, first, momentum))
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(sizes[3], eps=EPS, momentum=momentum)
        self.head = nn.Linear(sizes[3], n_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) and embeddings (B, E) of x (B, K, H, W)."""
        x = F.leaky_relu(self.norm(self.blocks(self.stem(centred(x)))), SLOPE).mean(dim=(2, 3))
        return self.head(x), x


@dataclass(frozen=True)
class WRN(Backbone):
    """Wide ResNet (Zagoruyko and Komodakis 2016, arXiv 1605.07146) as FixMatch and BoostMIS's release configure it.

    Leaky ReLU with slope 0.1, BatchNorm with eps 1e-3, no dropout unless it is asked for. The release's BatchNorm has a
    momentum of 0.001, made for a million steps: after 300 of them 74 % of the initial statistics are left. The default
    here is 0.1; ``bn_momentum=0.001`` is the released configuration.
    """

    modalities = frozenset({"image"})
    vmap_safe = False

    depth: int = option(28, "layers: 10, 16, 22, 28, ...", ge=10)
    widen: int = option(2, "how many times wider than a ResNet", ge=1)
    bn_momentum: float = option(0.1, "weight of a new batch in BatchNorm's running statistics", gt=0, le=1)
    dropout: float = option(0.0, "share of the embedding dropped in training, before the head", ge=0, lt=1, later=True)

    def __post_init__(self) -> None:
        if (self.depth - 4) % 6:
            near = 6 * max(1, round((self.depth - 4) / 6)) + 4
            raise UserError(f"wrn[depth={self.depth}]: the depth must be 6 n + 4; write wrn[depth={near}].")

    def build(self, task: Task, generator: Generator) -> nn.Module:
        """``WideResNet`` for the task, its weights drawn from ``generator``."""
        channels = task.shape[0]
        return build(
            lambda: WideResNet(channels, self.depth, self.widen, task.n_classes, self.bn_momentum),
            generator,
            SLOPE,
            self.dropout,
        )

    def skip(self, task: Task) -> str | None:
        """Why it cannot run: features instead of images, or images smaller than 8 x 8."""
        return super().skip(task) or too_small(task)
