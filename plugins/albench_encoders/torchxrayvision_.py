"""Chest X-ray models of the torchxrayvision library (Cohen et al., 2022, MIDL)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from albench.api import PluginError, option
from albench_encoders.images import ImageEncoder, Preprocessing, named_weights
from albench_encoders.libraries import library, loaded_weights, reason, version

RANGE = 1024.0
"""Pixels of 0 .. 1 become -1024 .. 1024, as the library's own ``normalize`` has it."""


class Features(nn.Module):
    """Images (n, 1, 224, 224) to the input of the classifier (n, 1024)."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1024) of x (n, 1, H, W)."""
        features: Tensor = self.body.features2(x)
        return features


@dataclass(frozen=True)
class TorchXRayVision(ImageEncoder):
    """DenseNet-121 trained on chest X-rays (Cohen et al., 2022, TorchXRayVision): 1,024 numbers, of grey 224 x 224.

    Weights (28 MB) are downloaded once; those of ``all`` come of eight public sets, among them NIH, CheXpert and
    MIMIC-CXR, so that test pictures of such a set may have been trained on. Needs ``pip install 'albench[xray]'``,
    Apache-2.0.
    """

    weights_: str = option("densenet121-res224-all", "the library's name of weights, or a file of them", name="weights")

    def preprocessing(self) -> Preprocessing:
        """One channel of -1024 .. 1024."""
        return Preprocessing(224, (0.5,), (0.5 / RANGE,))

    def network(self) -> nn.Module:
        """The network without its classifier.

        Raises
        ------
        PluginError
            Where its weights cannot be had.
        """
        models: Any = library("torchxrayvision", "xray").models
        named = self.weights_.startswith("densenet121-")
        try:
            body = models.DenseNet(weights=self.weights_ if named else None)
        except Exception as error:
            raise PluginError(
                f"torchxrayvision[weights={self.weights_}]: they cannot be had ({reason(error)}); check the network, "
                "or name a file with weights="
            ) from error
        if not named:
            loaded_weights(body, self.weights_, f"torchxrayvision[weights={self.weights_}]")
        return Features(body)

    def weights(self) -> str:
        """All weights, and the library's version."""
        return f"{named_weights(self)}; {version('torchxrayvision')}"
