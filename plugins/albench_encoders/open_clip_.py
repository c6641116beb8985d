"""Models of the open_clip library, trained on pictures with their captions (Radford et al., 2021, ICML)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from albench.api import PluginError, UserError, option
from albench_encoders.images import ImageEncoder, Preprocessing, named_weights
from albench_encoders.libraries import library, reason, version


class Unit(nn.Module):
    """Images (n, 3, H, W) to a CLIP model's embeddings, of unit length times the square root of D (n, D)."""

    def __init__(self, visual: Any) -> None:
        super().__init__()
        self.visual = visual

    def forward(self, x: Tensor) -> Tensor:
        """(n, D) of x (n, 3, H, W)."""
        made = self.visual(x)
        return F.normalize(made, dim=1) * math.sqrt(made.shape[1])


@dataclass(frozen=True)
class OpenClip(ImageEncoder):
    """The image part of a CLIP model of open_clip (Ilharco et al., 2021), at its own resolution and normalisation.

    Weights are downloaded once, each under a licence of its own, 605 MB and MIT for the default;
    ``open_clip.list_pretrained()`` names them. Needs ``pip install 'albench[open-clip]'``, licence MIT.
    """

    model: str = option("ViT-B-32", "open_clip's name of the model")
    weights_: str = option("laion2b_s34b_b79k", "open_clip's name of its weights, or a file of them", name="weights")

    def preprocessing(self) -> Preprocessing:
        """By the model's configuration."""
        config = self._made().visual
        size = config.image_size[0] if isinstance(config.image_size, tuple) else config.image_size
        return Preprocessing(size, tuple(config.image_mean), tuple(config.image_std), "bicubic")

    def network(self) -> nn.Module:
        """The image part."""
        return Unit(self._made(weights=True).visual)

    def weights(self) -> str:
        """All weights, and open_clip's version."""
        return f"{named_weights(self)}; {version('open_clip_torch')}"

    def _made(self, weights: bool = False) -> Any:
        """The model, with its weights or with none.

        Raises
        ------
        PluginError
            Where its weights cannot be had.
        UserError
            Where there is no such model.
        """
        open_clip: Any = library("open_clip", "open-clip")
        if self.model not in open_clip.list_models():
            raise UserError(f"open-clip[model={self.model}]: no such model; open_clip.list_models() names them all")
        try:
            return open_clip.create_model(
                self.model, pretrained=self.weights_ if weights else None, load_weights=weights
            )
        except Exception as error:
            raise PluginError(
                f"open-clip[model={self.model},weights={self.weights_}]: they cannot be had ({reason(error)}); check "
                "the network, or name a file with weights="
            ) from error
