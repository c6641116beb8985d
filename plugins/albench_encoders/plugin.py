"""Registers the encoders, and the data set that is read through one."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Encoders of images and of texts."""
    add.dataset(
        "encoded",
        "albench_encoders.encoded:Encoded",
        "another data set through a frozen model, as --encoder",
        role="encodes",
    )
    add.encoder("identity", "albench_encoders.identity:Identity", "features as they are, images as rows of pixels")
    add.encoder(
        "tfidf",
        "albench_encoders.tfidf:TfIdf",
        "words and pairs of words, weighed by rarity in the pool",
        paper="Sparck Jones 1972",
        default_for=("text",),
    )
    add.encoder("wordllama", "albench_encoders.wordllama_:WordLlama", "mean of static token vectors, 256 numbers")
    add.encoder(
        "efficientnet-lite0",
        "albench_encoders.efficientnet:EfficientNetLite0",
        "EfficientNet-Lite0 trained on ImageNet, 1,280 numbers",
        paper="Tan and Le 2019",
        default_for=("image",),
    )
    add.encoder("timm", "albench_encoders.timm_:Timm", "any image model of timm, such as DINOv2", paper="Wightman 2019")
    add.encoder(
        "resnet", "albench_encoders.resnet:ResNet", "torchvision's ResNet trained on ImageNet", paper="He et al. 2016"
    )
    add.encoder(
        "open-clip", "albench_encoders.open_clip_:OpenClip", "image part of a CLIP model", paper="Radford et al. 2021"
    )
    add.encoder(
        "torchxrayvision",
        "albench_encoders.torchxrayvision_:TorchXRayVision",
        "DenseNet-121 trained on chest X-rays",
        paper="Cohen et al. 2022",
    )
    add.encoder(
        "sentence-transformers",
        "albench_encoders.sentences:SentenceTransformers",
        "any model of sentence-transformers",
        paper="Reimers and Gurevych 2019",
    )
