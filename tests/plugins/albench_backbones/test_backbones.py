"""The built-in backbones: shapes, known outputs, one source of weights, and seeds trained together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from draws import generator
from tasks import task
from torch import Tensor, nn

from albench.api import Backbone, Task, UserError
from albench.components.fields import canonical
from albench.training.dropout import rate_of
from albench_backbones.build import build
from albench_backbones.cnn import CNN, stem_stride
from albench_backbones.mlp import MLP
from albench_backbones.resnet import ResNet
from albench_backbones.wrn import WRN

CASES = [
    (MLP(), task(7), 256),
    (MLP(hidden=16, depth=2), task(7), 16),
    (MLP(depth=0), task(7), 7),
    (MLP(hidden=16), task(3, 4, 5), 16),
    (CNN(), task(1, 8, 8), 96),
    (CNN(width=8), task(3, 8, 8), 32),
    (CNN(width=11), task(1, 28, 28), 44),
    (CNN(width=8), task(3, 64, 64), 32),
    (WRN(depth=10, widen=1), task(1, 8, 8), 64),
    (WRN(depth=10), task(3, 9, 12), 128),
]


@pytest.mark.parametrize(("backbone", "problem", "size"), CASES)
def test_contract(backbone: Backbone, problem: Task, size: int) -> None:
    assert backbone.skip(problem) is None
    model = backbone.build(problem, generator())
    x = torch.rand(4, *problem.shape, generator=generator(1))
    logits, embedding = model(x)
    assert logits.shape == (4, 5)
    assert embedding.shape == (4, size)
    assert logits.dtype == embedding.dtype == torch.float32
    assert torch.equal(logits, model.head(embedding))
    assert {value.device.type for value in model.state_dict().values()} == {"cpu"}
    F.cross_entropy(logits, torch.arange(4)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize(("backbone", "problem"), [case[:2] for case in CASES])
def test_weights_come_from_the_generator_alone(backbone: Backbone, problem: Task) -> None:
    before = torch.get_rng_state()
    first = backbone.build(problem, generator()).state_dict()
    with torch.random.fork_rng():
        torch.rand(3)  # another global state
        second = backbone.build(problem, generator()).state_dict()
    other = backbone.build(problem, generator(1)).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])
    assert all(value.isfinite().all() for value in first.values())


@pytest.mark.parametrize(
    ("backbone", "problem"), [(MLP(hidden=8), task(6)), (CNN(width=8), task(1, 8, 8)), (CNN(width=8), task(1, 48, 48))]
)
def test_stacked_seeds_match_each_seed_alone(backbone: Backbone, problem: Task) -> None:
    assert backbone.vmap_safe
    models = [backbone.build(problem, generator(seed)) for seed in range(3)]
    assert not any(list(model.buffers()) for model in models)
    x = torch.rand(3, 4, *problem.shape, generator=generator(1))
    y = torch.randint(0, 5, (3, 4), generator=generator(2))

    def loss(weights: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(torch.func.functional_call(models[0], weights, (x,))[0], y)

    weights = {
        name: torch.stack([m.get_parameter(name).detach() for m in models])
        for name in dict(models[0].named_parameters())
    }
    together = torch.func.vmap(torch.func.grad(loss))(weights, x, y)
    for lane, model in enumerate(models):
        F.cross_entropy(model(x[lane])[0], y[lane]).backward()
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(together[name][lane], parameter.grad, rtol=1e-4, atol=1e-6)


def test_mlp_against_numpy() -> None:
    model = MLP(hidden=4).build(task(3, n_classes=2), generator())
    with torch.no_grad():
        model.layers[0].bias.copy_(torch.tensor([0.1, -0.2, 0.3, 0.0]))
    x = np.array([[3.0, -4.0, 0.5], [0.0, 0.0, 0.0]], dtype=np.float32)
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    scaled = x / np.sqrt(1 + (x**2).mean(axis=1, keepdims=True))
    hidden = np.maximum(scaled @ weights["layers.0.weight"].T + weights["layers.0.bias"], 0)
    logits, embedding = model(torch.from_numpy(x))
    np.testing.assert_allclose(embedding.detach().numpy(), hidden, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(logits.detach().numpy(), hidden @ weights["head.weight"].T, rtol=1e-5, atol=1e-6)


def test_mlp_bounds_features_of_any_scale_and_tells_them_apart() -> None:
    x = torch.rand(2, 6, generator=generator())
    linear = MLP(depth=0).build(task(6), generator())
    root_mean_square = linear(1e4 * x)[1].square().mean(dim=1).sqrt()
    torch.testing.assert_close(root_mean_square, torch.ones(2))
    assert not torch.allclose(linear(x)[1], linear(2 * x)[1])
    plain = MLP(depth=0, normalize=False).build(task(6), generator())
    assert torch.equal(plain(x)[1], x)


def test_initial_weights_have_the_stated_variance() -> None:
    model = MLP(hidden=400).build(task(500, n_classes=100), generator())
    assert model.layers[0].weight.std().item() == pytest.approx(math.sqrt(2 / 500), rel=0.02)
    assert model.head.weight.std().item() == pytest.approx(math.sqrt(2 / 500), rel=0.02)
    wide = WRN(depth=10, widen=4).build(task(3, 8, 8), generator())
    kernel = wide.get_parameter("blocks.2.conv2.weight")
    assert kernel.std().item() == pytest.approx(math.sqrt(2 / (1.01 * 256 * 9)), rel=0.02)
    assert not any(bias.any() for name, bias in wide.named_parameters() if name.endswith("bias"))


def test_layers_without_a_rule_are_refused() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.PReLU()
            self.head = nn.Linear(2, 2)

    with pytest.raises(TypeError, match="PReLU"):
        build(Odd, generator())


def test_a_mid_grey_image_is_the_origin() -> None:
    # 0.5 is centred to 0; without biases every pre-activation is 0 and so are the logits.
    grey = torch.full((2, 1, 8, 8), 0.5)
    assert not CNN(width=8).build(task(1, 8, 8), generator())(grey)[0].any()
    assert not WRN(depth=10, widen=1).build(task(1, 8, 8), generator())(grey)[0].any()


def test_wrn_28_2_has_the_published_size() -> None:
    # Oliver et al. 2018 and FixMatch state 1.5 million parameters for WRN-28-2 on 3 x 32 x 32 with 10 classes.
    model = WRN().build(task(3, 32, 32, n_classes=10), generator())
    assert sum(p.numel() for p in model.parameters()) == 1_467_610
    assert sum(isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3) for layer in model.modules()) == 25
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert {(layer.momentum, layer.eps) for layer in norms} == {(0.1, 1e-3)}


def test_wrn_statistics_move_by_the_momentum() -> None:
    model = WRN(depth=10, widen=1, bn_momentum=0.25).build(task(1, 8, 8), generator())
    x = torch.rand(6, 1, 8, 8, generator=generator(1))
    entering = model.stem((x - 0.5) / 0.25)
    model(x)
    norm = model.get_submodule("blocks.0.norm1")
    torch.testing.assert_close(norm.running_mean, 0.25 * entering.mean(dim=(0, 2, 3)))
    assert not WRN.vmap_safe


@pytest.mark.parametrize(("side", "stride"), [(8, 1), (15, 1), (16, 2), (28, 2), (47, 2), (48, 4), (64, 4)])
def test_cnn_stem_follows_the_image_size(side: int, stride: int) -> None:
    assert stem_stride(side) == stride
    model = CNN(width=8).build(task(1, side, side), generator())
    assert model.layers[0].stride == (stride, stride)


def test_a_perceptron_reads_an_image_as_a_row_of_its_pixels() -> None:
    image, row = (MLP(hidden=8).build(what, generator()) for what in (task(3, 4, 5), task(60)))
    x = torch.rand(2, 3, 4, 5)
    assert all(map(torch.equal, image(x), row(x.flatten(1))))


def test_skips_say_why() -> None:
    assert MLP().skip(task(1, 7, 28)) is None
    for backbone in (CNN(), WRN()):
        assert backbone.skip(task(12)) == "it reads image, not features"
        assert backbone.skip(task(1, 7, 28)) == "it needs images of at least 8 x 8 pixels, not 7 x 28"
        assert backbone.skip(task(1, 8, 8)) is None


def test_wrn_depth_that_does_not_exist() -> None:
    with pytest.raises(UserError, match=r"write wrn\[depth=28\]"):
        WRN(depth=27)


@pytest.mark.parametrize(
    ("backbone", "problem"),
    [(MLP, task(7)), (CNN, task(1, 8, 8)), (WRN, task(1, 8, 8)), (ResNet, task(1, 16, 16))],
)
def test_dropout_is_told_to_training_and_no_part_of_old_keys(backbone: type[Any], problem: Task) -> None:
    """The module itself drops nothing and keeps its weights' names, and old records go on."""
    plain, dropping = (backbone(dropout=rate).build(problem, generator()) for rate in (0.0, 0.3))
    assert (rate_of(plain), rate_of(dropping)) == (0, 0.3)
    x = torch.rand(4, *problem.shape, generator=generator(1))
    assert torch.equal(plain(x)[0], dropping(x)[0])
    assert plain.state_dict().keys() == dropping.state_dict().keys()
    assert "dropout" not in canonical("b", backbone())
    assert "dropout=0.3" in canonical("b", backbone(dropout=0.3))
