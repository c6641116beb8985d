"""Encoders of optional libraries: what is said where one is missing, and how their parts behave on small models."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from albench.api import Encoder, PluginError, UserError
from albench.testing import check_encoder
from albench_encoders import libraries
from albench_encoders.libraries import folder_hash, loaded_weights
from albench_encoders.open_clip_ import OpenClip, Unit
from albench_encoders.resnet import ResNet
from albench_encoders.sentences import SentenceTransformers
from albench_encoders.timm_ import Pooled, Timm
from albench_encoders.torchxrayvision_ import TorchXRayVision


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        (Timm(), "timm is not installed: pip install 'albench[timm]'"),
        (ResNet(), "torchvision is not installed: pip install 'albench[torchvision]'"),
        (OpenClip(), "open_clip is not installed: pip install 'albench[open-clip]'"),
        (TorchXRayVision(), "torchxrayvision is not installed: pip install 'albench[xray]'"),
        (SentenceTransformers(), "sentence_transformers is not installed: pip install 'albench[sentences]'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_missing_library_is_told_before_anything_is_encoded(
    encoder: Encoder, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PluginError) as error:
        encoder.fingerprint()
    assert str(error.value) == said


class Tokens(nn.Module):
    """A stand-in of a timm model whose features are a class token of 9 and places of 0 .. 3."""

    num_prefix_tokens = 1

    def forward_features(self, x: torch.Tensor) -> torch.Tensor:
        places = torch.arange(4.0).view(1, 4, 1).expand(len(x), 4, 2)
        return torch.cat([torch.full((len(x), 1, 2), 9.0), places], dim=1)

    def forward_head(self, x: torch.Tensor, pre_logits: bool) -> torch.Tensor:
        return x[:, 0] * 10


class Map(nn.Module):
    """One whose features are a map, with channels first or last."""

    def __init__(self, output_fmt: str) -> None:
        super().__init__()
        self.output_fmt = output_fmt

    def forward_features(self, x: torch.Tensor) -> torch.Tensor:
        made = torch.stack([torch.arange(6.0).view(2, 3), torch.zeros(2, 3)])
        return (made if self.output_fmt == "NCHW" else made.permute(1, 2, 0)).expand(len(x), *([-1] * 3))


def test_features_are_pooled_in_one_or_several_ways() -> None:
    x = torch.zeros(2, 3, 8, 8)
    assert Pooled(Tokens(), ("model",))(x).tolist() == [[90, 90]] * 2
    assert Pooled(Tokens(), ("token", "avg", "max"))(x).tolist() == [[9, 9, 1.5, 1.5, 3, 3]] * 2
    for form in ("NCHW", "NHWC"):
        assert Pooled(Map(form), ("avg", "max"))(x).tolist() == [[2.5, 0, 5, 0]] * 2
    with pytest.raises(UserError, match="pooling=token, but the model has no class token"):
        Pooled(Map("NCHW"), ("token",))(x)


def test_clip_vectors_have_unit_length_times_the_root_of_their_size() -> None:
    made = Unit(nn.Flatten())(torch.tensor([[[3.0, 4.0]]]))
    assert np.allclose(made.numpy(), np.array([[0.6, 0.8]]) * np.sqrt(2))


def test_weights_of_ones_own_are_loaded_or_told_to_be_of_another_model(tmp_path: Path) -> None:
    one, other = nn.Linear(3, 2), nn.Linear(3, 2)
    torch.save(one.state_dict(), tmp_path / "weights.pth")
    loaded_weights(other, str(tmp_path / "weights.pth"), "e[weights=...]")
    assert torch.equal(one.weight, other.weight)
    torch.save({"state_dict": {**one.state_dict(), "classifier": torch.zeros(1)}}, tmp_path / "more.pth")
    loaded_weights(other, str(tmp_path / "more.pth"), "e[weights=...]")
    torch.save({"weight": one.weight}, tmp_path / "less.pth")
    (tmp_path / "text.pth").write_text("no weights")
    for name, said in (
        ("none", "there is no such file"),
        ("less", "bias is missing"),
        ("text", "no state dict of this"),
    ):
        with pytest.raises(UserError, match=rf"e\[weights=...\]: .*{said}"):
            loaded_weights(other, str(tmp_path / f"{name}.pth"), "e[weights=...]")


def test_a_folder_is_named_by_all_that_it_holds(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("1")
    known = folder_hash(str(tmp_path))
    assert folder_hash(str(tmp_path)) == known
    (tmp_path / "in" / "a").write_text("22")
    assert folder_hash(str(tmp_path)) != known
    assert folder_hash(str(tmp_path / "absent")) == ""


CASES: list[tuple[str, Any]] = [
    ("timm", Timm(model="vit_tiny_patch16_224", pretrained=False, resolution=32, pooling="token+avg")),
    ("timm", Timm(model="resnet18", pretrained=False, resolution=32, pooling="avg+max")),
]


@pytest.mark.parametrize(("library", "encoder"), CASES, ids=["vit", "resnet"])
def test_timm_models_pass_the_kit(library: str, encoder: Encoder) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed: pip install 'albench[{library}]'")
    findings = check_encoder(lambda: encoder, name="timm")
    assert [str(finding) for finding in findings if finding.failed] == []
