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
