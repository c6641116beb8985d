"""ResNets: the published sizes, the two stems, a block worked out by hand, and one source of weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from draws import generator
from tasks import task
from torch import nn

from albench.api import Task
from albench_backbones.resnet import LARGE_STEM, Block, ResidualNet, ResNet


# torchvision's documentation states these for ImageNet; table 1 of the paper gives the layers.
@pytest.mark.parametrize(
    ("depth", "size", "layers"), [(18, 11_689_512, 18), (34, 21_797_672, 34), (50, 25_557_032, 50)]
)
def test_the_published_sizes(depth: int, size: int, layers: int) -> None:
    with torch.device("meta"):
        model = ResidualNet(3, depth, 1000, large_stem=True)
        assert sum(p.numel() for p in model.parameters()) == size
        shortcuts = {id(m) for block in model.blocks for m in block.shortcut.modules()}
        counted = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear) and id(m) not in shortcuts]
        assert len(counted) == layers
        logits, embedding = model(torch.empty(2, 3, 224, 224))
        assert logits.shape == (2, 1000)
        assert embedding.shape == (2, 2048 if depth == 50 else 512)
        assert model.stem(torch.empty(2, 3, 224, 224)).shape == (2, 64, 56, 56)


@pytest.mark.parametrize(
    ("backbone", "problem", "size"),
    [
        (ResNet(), task(1, 16, 16), 512),
        (ResNet(zero_init=True), task(3, 17, 20), 512),
    ],
)
def test_contract(backbone: ResNet, problem: Task, size: int) -> None:
    assert backbone.skip(problem) is None
    before = torch.get_rng_state()
    model = backbone.build(problem, generator())
    again = backbone.build(problem, generator()).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())
    assert not torch.equal(again["head.weight"], backbone.build(problem, generator(1)).get_parameter("head.weight"))
    logits, embedding = model(torch.rand(3, *problem.shape, generator=generator(1)))
    assert logits.shape == (3, 5)
    assert embedding.shape == (3, size)
    assert torch.equal(logits, model.head(embedding))
    F.cross_entropy(logits, torch.arange(3)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_bottlenecks_give_2048_features() -> None:
    model = ResNet(depth=50).build(task(1, 16, 16), generator()).eval()
    with torch.no_grad():
        logits, embedding = model(torch.rand(2, 1, 16, 16, generator=generator(1)))
    assert embedding.shape == (2, 2048)
    assert torch.equal(logits, model.head(embedding))


@pytest.mark.parametrize(("side", "positions"), [(32, 32), (LARGE_STEM - 1, 99), (LARGE_STEM, 25), (224, 56)])
def test_small_images_keep_every_pixel(side: int, positions: int) -> None:
    model = ResNet().build(task(1, side, side), generator())
    assert model.stem(torch.zeros(1, 1, side, side)).shape == (1, 64, positions, positions)


def test_a_block_by_hand() -> None:
    block = Block(1, 1, 1, bottleneck=False).eval()
    first, _, _, second, _ = block.layers
    with torch.no_grad():
        for convolution, centre in ((first, 2.0), (second, -3.0)):
            convolution.weight.zero_()
            convolution.weight[0, 0, 1, 1] = centre
    x = torch.tensor([[[[1.0, -1.0]]]])
    # 1: relu(1 - 3 relu(2)) = relu(1 - 6) = 0; -1: relu(-1 - 3 relu(-2)) = 0. With the second centre 3: 1 + 6, -1 + 0.
    assert block(x).tolist() == [[[[0.0, 0.0]]]]
    with torch.no_grad():
        second.weight.neg_()
    torch.testing.assert_close(block(x), torch.tensor([[[[7.0, 0.0]]]]), rtol=1e-4, atol=0)


def test_zero_init_starts_each_block_as_its_shortcut() -> None:
    model = ResNet(zero_init=True).build(task(1, 16, 16), generator())
    x = torch.rand(2, 64, 8, 8, generator=generator(1))
    assert torch.equal(model.blocks[0](x), x)
    assert not torch.equal(ResNet().build(task(1, 16, 16), generator()).blocks[0](x), x)


def test_skips_say_why() -> None:
    assert ResNet().skip(task(12)) == "it reads image, not features"
    assert ResNet().skip(task(1, 15, 28)) == "it needs images of at least 16 x 16 pixels, not 15 x 28"
