"""The timm backbone: with the library where it can be imported, and what is said where it cannot."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from draws import generator
from torch import Tensor, nn

from albench.api import PluginError, Task, UserError
from albench_backbones.timm_ import Timm


def task(*shape: int) -> Task:
    return Task("features" if len(shape) == 1 else "image", shape, 5, tuple("abcde"), pool_size=10)


class Body(nn.Module):
    """Pools each channel: what timm's models do, in two lines."""

    def __init__(self, in_chans: int, num_classes: int) -> None:
        super().__init__()
        assert num_classes == 0
        self.layer = nn.Conv2d(in_chans, 6, 3)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.layer(x)

    def forward_head(self, x: Tensor, pre_logits: bool) -> Tensor:
        assert pre_logits
        return x.mean(dim=(2, 3))


def create_model(name: str, pretrained: bool, **settings: Any) -> nn.Module:
    if pretrained:
        raise OSError(f"no route to the weights of {name}\nand a long trace")
    return Body(**settings)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module with the part of timm's interface that is used."""
    module: Any = types.ModuleType("timm")
    module.__spec__ = importlib.machinery.ModuleSpec("timm", None)
    module.__version__ = "0"
    config = types.SimpleNamespace(fixed_input_size=False, mean=(0.1, 0.2, 0.6), std=(0.2, 0.2, 0.2))
    module.models = types.SimpleNamespace(get_pretrained_cfg=lambda _: config)
    module.list_models = lambda: ["resnet18", "resnet34"]
    module.is_model = lambda name: name in module.list_models()
    module.create_model = create_model
    monkeypatch.setitem(sys.modules, "timm", module)


def check_contract(backbone: Timm, problem: Task) -> int:
    """The contract of a backbone on one task; returns the embedding's size."""
    assert backbone.skip(problem) is None
    before = torch.get_rng_state()
    model = backbone.build(problem, generator())
    assert model.training
    with torch.random.fork_rng():
        torch.rand(3)  # another global state
        again = backbone.build(problem, generator()).state_dict()
    other = backbone.build(problem, generator(1)).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())
    assert not torch.equal(again["head.weight"], other["head.weight"])
    drawn = [name for name, value in again.items() if name.startswith("body.") and value.ndim > 1 and value.std() > 0]
    assert drawn
    assert not any(torch.equal(again[name], other[name]) for name in drawn)
    logits, embedding = model(torch.rand(2, *problem.shape, generator=generator(1)))
    assert logits.shape == (2, 5)
    assert torch.equal(logits, model.head(embedding))
    F.cross_entropy(logits, torch.arange(2)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    return embedding.shape[1]


def real() -> Any:
    try:
        return importlib.import_module("timm")
    except Exception as error:
        pytest.skip(f"timm cannot be imported: {type(error).__name__}")


@pytest.mark.parametrize(
    ("model", "problem", "size"),
    [
        ("resnet18", task(1, 32, 32), 512),
        ("mobilenetv3_small_100", task(3, 32, 32), 1024),  # pools to other features than num_features says
        ("vit_tiny_patch16_224", task(3, 32, 48), 192),  # made for one image size
    ],
)
@pytest.mark.filterwarnings("default")
def test_contract_with_the_library(model: str, problem: Task, size: int) -> None:
    real()
    assert check_contract(Timm(model=model), problem) == size


@pytest.mark.filterwarnings("default")
def test_the_library_names_near_models_and_refuses_unfit_images() -> None:
    real()
    with pytest.raises(UserError, match=r"timm\[model=resnet19\].*did you mean 'resnet1"):
        Timm(model="resnet19").build(task(1, 32, 32), generator())
    with pytest.raises(UserError, match=r"vit_tiny_patch16_224\]: it cannot be made for images of 1 x 8 x 8"):
        Timm(model="vit_tiny_patch16_224").build(task(1, 8, 8), generator())


@pytest.mark.usefixtures("stub")
def test_contract_with_a_stub() -> None:
    assert check_contract(Timm(), task(1, 8, 8)) == 6
    model = Timm().build(task(1, 8, 8), generator())
    # A grey of 0.5 is the origin: only the convolution's bias is left.
    torch.testing.assert_close(model(torch.full((1, 1, 8, 8), 0.5))[1][0], model.body.layer.bias)


@pytest.mark.usefixtures("stub")
def test_pretrained_weights_read_images_as_they_were_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(name: str, pretrained: bool, **settings: Any) -> nn.Module:
        assert pretrained
        return create_model(name, False, **settings)

    monkeypatch.setattr(sys.modules["timm"], "create_model", offline)
    colour = Timm(pretrained=True).build(task(3, 8, 8), generator())
    torch.testing.assert_close(colour.mean.flatten(), torch.tensor([0.1, 0.2, 0.6]))
    grey = Timm(pretrained=True).build(task(1, 8, 8), generator())
    torch.testing.assert_close(grey.mean.flatten(), torch.tensor([0.3]))
    assert "mean" not in grey.state_dict()


@pytest.mark.usefixtures("stub")
def test_what_cannot_be_had_is_one_line() -> None:
    with pytest.raises(PluginError) as failed:
        Timm(pretrained=True).build(task(1, 8, 8), generator())
    assert str(failed.value) == (
        "timm[model=resnet18,pretrained=true]: its weights cannot be had (OSError: no route to the weights of "
        "resnet18); check the network, or write pretrained=false"
    )
    with pytest.raises(UserError, match="did you mean 'resnet34'"):
        Timm(model="resnet43").build(task(1, 8, 8), generator())
    with pytest.raises(UserError, match=r"it cannot be made for images of 1 x 2 x 2 .*name another model"):
        Timm().build(task(1, 2, 2), generator())


def test_a_missing_library_is_told_before_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    for ask in (lambda: Timm().skip(task(1, 8, 8)), lambda: Timm().build(task(1, 8, 8), generator())):
        with pytest.raises(PluginError) as missing:
            ask()
        assert str(missing.value) == "timm is not installed: pip install 'albench[timm]'"
    assert Timm().skip(task(4)) == "it reads image, not features"


def test_a_broken_library_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "timm.py").write_text("raise RuntimeError('operator nms does not exist\\nmore')\n")
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match=r"cannot be imported \(RuntimeError: operator nms does not exist\)"):
        Timm().build(task(1, 8, 8), generator())
