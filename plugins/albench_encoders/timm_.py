"""Image models of the timm library (Wightman 2019, PyTorch Image Models), frozen."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from albench.api import PluginError, UserError, option
from albench_encoders.images import ImageEncoder, Preprocessing, named_weights
from albench_encoders.libraries import library, loaded_weights, reason, version

POOLS = ("model", "avg", "max", "token")
"""What an image's map of features becomes: as the model does it, a mean, a maximum, the class token."""


class Pooled(nn.Module):
    """Images (n, 3, H, W) to the features of a timm model, pooled in one or several ways (n, D)."""

    def __init__(self, body: Any, pools: tuple[str, ...]) -> None:
        super().__init__()
        self.body = body
        self.pools = pools

    def forward(self, x: Tensor) -> Tensor:
        """(n, D) of x (n, 3, H, W)."""
        features = self.body.forward_features(x)
        prefix = getattr(self.body, "num_prefix_tokens", 0) if features.ndim == 3 else 0
        if features.ndim == 3:
            places = features[:, prefix:]
        else:
            last = str(getattr(self.body, "output_fmt", "")).upper().endswith("NHWC")
            places = (features if last else features.permute(0, 2, 3, 1)).flatten(1, 2)
        made = []
        for pool in self.pools:
            if pool == "model":
                made.append(self.body.forward_head(features, pre_logits=True))
            elif pool == "token":
                if not prefix:
                    raise UserError("timm: pooling=token, but the model has no class token; write avg, max or model")
                made.append(features[:, 0])
            else:
                made.append(places.mean(dim=1) if pool == "avg" else places.amax(dim=1))
        return torch.cat([each.flatten(1) for each in made], dim=1)


@dataclass(frozen=True)
class Timm(ImageEncoder):
    """Any model of timm that was trained on images, such as DINOv2 (Oquab et al., 2024), without its classifier.

    At the model's own resolution and normalisation, by its own interpolation; nothing is cropped. ``pooling`` may join
    several, as in ``token+avg``. Needs ``pip install 'albench[timm]'``, licence Apache-2.0; weights are downloaded
    once, each under a licence of its own, which timm's page of the model names: 88 MB and Apache-2.0 for the default.
    """

    model: str = option("vit_small_patch14_dinov2.lvd142m", "timm's name of the model, with that of its weights")
    pooling: str = option("model", "model, avg, max or token (the class token); several with + between them")
    resolution: int | None = option(None, "pixels a side that images are brought to; none: the model's own", ge=8)
    pretrained: bool = option(True, "timm's weights; false: drawn ones, to compare with")
    weights_: str = option("", "file of weights of one's own, in place of timm's", name="weights")

    def preprocessing(self) -> Preprocessing:
        """By what timm publishes of the model."""
        config = _config(self)
        size = self.resolution or config.input_size[-1]
        mode = config.interpolation if config.interpolation in ("bilinear", "bicubic") else "bicubic"
        return Preprocessing(size, tuple(config.mean), tuple(config.std), mode)

    def network(self) -> nn.Module:
        """The model without its classifier.

        Raises
        ------
        PluginError
            Where its weights cannot be had.
        UserError
            For a way of pooling that there is not, or a resolution that the model cannot take.
        """
        timm: Any = library("timm", "timm")
        pools = tuple(self.pooling.split("+"))
        for pool in pools:
            if pool not in POOLS:
                raise UserError(f"timm[pooling={self.pooling}]: '{pool}' is none of {', '.join(POOLS)}")
        fixed = {"img_size": self.resolution} if self.resolution and _config(self).fixed_input_size else {}
        pretrained = self.pretrained and not self.weights_
        try:
            body = timm.create_model(self.model, pretrained=pretrained, num_classes=0, **fixed)
        except Exception as error:
            if not pretrained:
                raise UserError(f"timm[model={self.model}]: it cannot be made so ({reason(error)})") from error
            raise PluginError(
                f"timm[model={self.model}]: its weights cannot be had ({reason(error)}); check the network, or name a "
                "file with weights="
            ) from error
        if self.weights_:
            loaded_weights(body, self.weights_, f"timm[weights={self.weights_}]")
        return Pooled(body, pools)

    def weights(self) -> str:
        """All weights, and timm's version."""
        _config(self)
        return f"{named_weights(self)}; {version('timm')}"


def _config(encoder: Timm) -> Any:
    """What timm publishes of a model.

    Raises
    ------
    UserError
        Where timm has none of that name.
    """
    timm: Any = library("timm", "timm")
    name = encoder.model
    config = timm.models.get_pretrained_cfg(name) if timm.is_model(name.partition(".")[0]) else None
    if config is None:
        close = difflib.get_close_matches(name, [*timm.list_models(), *timm.list_pretrained()], n=1)
        hint = f"did you mean '{close[0]}'?" if close else "timm.list_pretrained() names them all."
        raise UserError(f"timm[model={name}]: timm {timm.__version__} has no such model: {hint}")
    return config
