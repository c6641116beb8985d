"""Image models of the timm library (Wightman 2019, PyTorch Image Models), an optional extra."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from albench.api import Backbone, PluginError, Task, UserError, option

CENTRE: tuple[float, ...] = (0.5,)
SPREAD: tuple[float, ...] = (0.25,)
"""What images are shifted and scaled by without pretrained weights, as for the other backbones."""


class TimmNet(nn.Module):
    """Images (B, K, H, W) to logits (B, C) and the input of the last layer (B, E).

    Parameters
    ----------
    body
        A timm model without a classifier.
    size
        E: what the body's pooled features have.
    n_classes
        Number of logits.
    mean, std
        What images in 0 .. 1 are shifted and scaled by: one value a channel, or one for all.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, body: Any, size: int, n_classes: int, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(size, n_classes)
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def embed(self, x: Tensor) -> Tensor:
        """(B, E) of x (B, K, H, W)."""
        features = self.body.forward_features((x - self.mean) / self.std)
        embedding: Tensor = self.body.forward_head(features, pre_logits=True)
        return embedding

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) and embeddings (B, E) of x (B, K, H, W)."""
        embedding = self.embed(x)
        return self.head(embedding), embedding


@dataclass(frozen=True)
class Timm(Backbone):
    """Any image classifier of the timm library; needs ``pip install 'albench[timm]'``."""

    modalities = frozenset({"image"})
    vmap_safe = False

    model: str = option("resnet18", "timm's name of the model, e.g. resnet18 or vit_tiny_patch16_224")
    pretrained: bool = option(False, "start from timm's weights, which are downloaded once")

    def build(self, task: Task, generator: Generator) -> nn.Module:
        """``TimmNet`` for the task; all that is not pretrained is drawn from ``generator``.

        Raises
        ------
        PluginError
            Where timm is missing or broken, or the weights cannot be had.
        UserError
            Where timm has no such model, or it cannot read images of this shape.
        """
        timm = _library()
        self._check_name(timm)
        config = timm.models.get_pretrained_cfg(self.model)
        # Models such as ViT fix their image size when they are made; the others take any.
        fixed = {"img_size": task.shape[1:]} if config is not None and config.fixed_input_size else {}
        # timm draws from torch's global generator: for a moment that one takes the place of ours.
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(generator.get_state())
            body = self._create(timm, task, fixed)
            generator.set_state(torch.get_rng_state())
            size = self._embedding_size(body, task)
            mean, std = CENTRE, SPREAD
            if self.pretrained and config is not None:
                mean, std = (_for_channels(values, task.shape[0]) for values in (config.mean, config.std))
            model = TimmNet(body, size, task.n_classes, mean, std)
        nn.init.xavier_normal_(model.head.weight, generator=generator)
        nn.init.zeros_(model.head.bias)
        return model

    def skip(self, task: Task) -> str | None:
        """Why it cannot run: features instead of images.

        Raises
        ------
        PluginError
            Where timm is missing: that is told before a run, not in the middle of it.
        """
        reason = super().skip(task)
        if reason is None and importlib.util.find_spec("timm") is None:
            raise _missing()
        return reason

    def _check_name(self, timm: Any) -> None:
        if timm.is_model(self.model):
            return
        close = difflib.get_close_matches(self.model, timm.list_models(), n=1)
        hint = f"did you mean '{close[0]}'?" if close else "timm.list_models() names them all."
        raise UserError(f"timm[model={self.model}]: timm {timm.__version__} has no such model: {hint}")

    def _create(self, timm: Any, task: Task, fixed: dict[str, Any]) -> nn.Module:
        settings = {"in_chans": task.shape[0], "num_classes": 0, **fixed}
        try:
            body: nn.Module = timm.create_model(self.model, pretrained=self.pretrained, **settings)
        except Exception as error:
            if not self.pretrained:
                raise self._unfit(task, error) from error
            raise PluginError(
                f"timm[model={self.model},pretrained=true]: its weights cannot be had ({_reason(error)}); check the "
                "network, or write pretrained=false"
            ) from error
        return body

    def _embedding_size(self, body: nn.Module, task: Task) -> int:
        """Found by one item: timm's models name their sizes in several ways, and some refuse some images."""
        probe = TimmNet(body, 1, 1, CENTRE, SPREAD).eval()
        try:
            with torch.no_grad():
                embedding = probe.embed(torch.zeros(1, *task.shape))
        except Exception as error:
            raise self._unfit(task, error) from error
        finally:
            probe.train()
        if embedding.ndim != 2:
            raise UserError(f"timm[model={self.model}]: it gives {tuple(embedding.shape)}, not one vector an image")
        return embedding.shape[1]

    def _unfit(self, task: Task, error: Exception) -> UserError:
        shape = " x ".join(map(str, task.shape))
        return UserError(
            f"timm[model={self.model}]: it cannot be made for images of {shape} ({_reason(error)}); name another model"
        )


def _library() -> Any:
    """The timm module."""
    if importlib.util.find_spec("timm") is None:
        raise _missing()
    try:
        return importlib.import_module("timm")
    except Exception as error:  # e.g. a torchvision made for another torch
        raise PluginError(f"timm is installed but cannot be imported ({_reason(error)}); install it again") from error


def _missing() -> PluginError:
    return PluginError("timm is not installed: pip install 'albench[timm]'")


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__


def _for_channels(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """One value a channel; where the images have other channels than the published ones, their mean for all."""
    return tuple(values) if len(values) == channels else (sum(values) / len(values),)
