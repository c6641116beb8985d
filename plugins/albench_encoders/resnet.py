"""Residual networks of torchvision (He et al., 2016, CVPR) with weights trained on ImageNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from albench.api import PluginError, option
from albench_encoders.images import ImageEncoder, Preprocessing, named_weights
from albench_encoders.libraries import library, loaded_weights, reason, version

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ResNet(ImageEncoder):
    """ResNet-18, -34 or -50 (He et al., 2016), trained on ImageNet: mean of the last map, 512 or 2,048 numbers.

    torchvision's first published weights (``IMAGENET1K_V1``; 45, 83 or 98 MB), downloaded once, or one's own file.
    Needs ``pip install 'albench[torchvision]'``, licence BSD-3-Clause.
    """

    depth: Literal[18, 34, 50] = option(50, "layers: 18, 34 or 50")
    resolution: int = option(224, "pixels a side that images are brought to; 224 is what it was trained with", ge=32)
    weights_: str = option("", "file with a state dict of torchvision's model, in place of ImageNet's", name="weights")

    def preprocessing(self) -> Preprocessing:
        """As torchvision's weights were trained."""
        return Preprocessing(self.resolution, MEAN, STD)

    def network(self) -> nn.Module:
        """The network without its classifier.

        Raises
        ------
        PluginError
            Where its weights cannot be had.
        """
        models: Any = library("torchvision", "torchvision").models
        name = f"resnet{self.depth}"
        try:
            made = getattr(models, name)(weights=None if self.weights_ else "IMAGENET1K_V1")
        except Exception as error:
            raise PluginError(
                f"resnet[depth={self.depth}]: its weights cannot be had ({reason(error)}); check the network, or name "
                "a file with weights="
            ) from error
        if self.weights_:
            loaded_weights(made, self.weights_, f"resnet[weights={self.weights_}]")
        made.fc = nn.Identity()
        network: nn.Module = made
        return network

    def weights(self) -> str:
        """All weights, and torchvision's version."""
        return f"{named_weights(self)}; {version('torchvision')}"
