"""Registers the built-in backbones; imports none of them."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the backbones."""
    add.backbone("mlp", "albench_backbones.mlp:MLP", "perceptron on feature vectors", default_for=("features",))
    add.backbone(
        "cnn",
        "albench_backbones.cnn:CNN",
        "small convolutional network with GroupNorm, quick on a CPU",
        default_for=("image",),
    )
    add.backbone("wrn", "albench_backbones.wrn:WRN", "Wide ResNet of FixMatch and BoostMIS (WRN-28-2)")
    add.backbone("resnet", "albench_backbones.resnet:ResNet", "ResNet-18, -34 or -50; small images keep every pixel")
    add.backbone("timm", "albench_backbones.timm_:Timm", "any image model of the timm library, pretrained or not")
