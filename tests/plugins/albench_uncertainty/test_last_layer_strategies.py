"""Expected gradient length against autograd of the real loss; DeepFool against the step that it promises."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albench.api import Strategy, View
from albench.errors import ContractError
from albench.kernels import NonFiniteScores
from albench.testing import make_view
from albench.trial.view import PoolView
from albench_uncertainty import deepfool
from albench_uncertainty.deepfool import DeepFool, slope_differences
from albench_uncertainty.gradient_length import ExpectedGradientLength

GENERATOR = torch.Generator().manual_seed(3)
EMBEDDINGS = torch.randn(15, 6, generator=GENERATOR)
WEIGHT = torch.randn(4, 6, generator=GENERATOR)
BIAS = torch.randn(4, generator=GENERATOR)


def autograd_length(z: Tensor, weight: Tensor, bias: Tensor) -> float:
    """Expected length of the gradient of the last layer, by differentiating the loss for each label in float64."""
    weight, bias = weight.double().requires_grad_(), bias.double().requires_grad_()
    logits = z.double() @ weight.T + bias
    total = 0.0
    for label in range(len(bias)):
        loss = F.cross_entropy(logits[None], torch.tensor([label]))
        gradients = torch.autograd.grad(loss, (weight, bias), retain_graph=True)
        length = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        total += float(logits.detach().softmax(dim=0)[label] * length)
    return total


def test_expected_gradient_length_is_that_of_autograd() -> None:
    view = make_view(EMBEDDINGS, weight=WEIGHT, bias=BIAS)
    expected = torch.tensor([autograd_length(z, WEIGHT, BIAS) for z in EMBEDDINGS], dtype=torch.float64)
    torch.testing.assert_close(ExpectedGradientLength().scores(view), expected, rtol=1e-5, atol=0)
    assert ExpectedGradientLength().select(view, 5).tolist() == expected.argsort(descending=True)[:5].tolist()


def test_expected_gradient_length_by_hand() -> None:
    # p = (1/2, 1/2) and z = 0: both labels give the bias a gradient (1/2, -1/2); |z| = 2 makes it sqrt(5) times that.
    view = make_view(torch.tensor([[0.0, 0.0], [0.0, 2.0]]), weight=torch.zeros(2, 2))
    expected = torch.tensor([0.5**0.5, 2.5**0.5], dtype=torch.float64)
    torch.testing.assert_close(ExpectedGradientLength().scores(view), expected)


def test_expected_gradient_length_of_items_that_are_nearly_sure() -> None:
    # The formula ||p||^2 - 2 p_y + 1 would cancel to nothing for most of these.
    x = torch.tensor([[size, 0.0, 1.0] for size in (14.0, 16.0, 18.0, 22.0, 30.0)])
    expected = torch.tensor([autograd_length(z, torch.eye(3), torch.zeros(3)) for z in x], dtype=torch.float64)
    torch.testing.assert_close(ExpectedGradientLength().scores(make_view(x)), expected, rtol=1e-5, atol=0)
    assert ExpectedGradientLength().select(make_view(x), 5).tolist() == [0, 1, 2, 3, 4]


def test_expected_gradient_length_of_long_embeddings() -> None:
    # Their squares are beyond float32.
    view = make_view(torch.tensor([[1e30, 0.0], [2e30, 0.0]]), weight=torch.zeros(2, 2))
    scores = ExpectedGradientLength().scores(view)
    torch.testing.assert_close(scores, torch.tensor([1e30, 2e30], dtype=torch.float64) * 0.5**0.5)


def test_deepfool_by_hand() -> None:
    # Two classes with weights (1, 0) and (-1, 0): the boundary is the plane x = 0, the distance |x|.
    view = make_view(
        torch.tensor([[3.0, 9.0], [-0.5, 2.0], [1.0, -7.0]]), weight=torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    )
    torch.testing.assert_close(DeepFool().scores(view), torch.tensor([-3.0, -0.5, -1.0], dtype=torch.float64))
    assert DeepFool().select(view, 2).tolist() == [1, 2]


def test_the_nearest_boundary_need_not_be_that_of_the_second_class() -> None:
    # At (4, 0): logits 4, 3 and 0; the second is 1 behind at a slope of 0.25, the third 4 behind at a slope of 2.
    view = make_view(
        torch.tensor([[4.0, 0.0]]),
        weight=torch.tensor([[1.0, 0.0], [0.75, 0.0], [-1.0, 0.0]]),
        bias=torch.tensor([0.0, 0.0, 4.0]),
    )
    torch.testing.assert_close(DeepFool().scores(view), torch.tensor([-2.0], dtype=torch.float64))


def test_a_step_of_deepfool_s_length_reaches_the_boundary_and_no_shorter_one_does() -> None:
    view = make_view(EMBEDDINGS, weight=WEIGHT, bias=BIAS)
    distance = -DeepFool().scores(view)
    weight, bias = WEIGHT.double(), BIAS.double()
    directions = F.normalize(torch.randn(4000, 6, generator=torch.Generator().manual_seed(0)).double(), dim=1)
    for item in range(15):
        z = EMBEDDINGS[item].double()
        top = int((z @ weight.T + bias).argmax())
        # Against each other class the steepest way is along the difference of the weights.
        steepest = F.normalize(weight - weight[top], dim=1)
        longer = z + 1.001 * distance[item] * steepest
        assert ((longer @ weight.T + bias).argmax(dim=1) != top).any()
        shorter = z + 0.999 * distance[item] * torch.cat([steepest, directions])
        assert ((shorter @ weight.T + bias).argmax(dim=1) == top).all()


def test_a_class_with_the_weights_of_the_top_class_is_out_of_reach() -> None:
    # The first two differ by their bias alone, so only the third can be reached: 3 away along a slope of 1.
    weight = torch.tensor([[0.3, 0.1], [0.3, 0.1], [-0.7, 0.1]])
    view = make_view(torch.tensor([[2.0, 5.0]]), weight=weight, bias=torch.tensor([1.0, 0.9, 0.0]))
    torch.testing.assert_close(DeepFool().scores(view), torch.tensor([-3.0], dtype=torch.float64))


class CosineHead(nn.Module):
    """Logits are ten times the cosine to each class's vector."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, z: Tensor) -> Tensor:
        return 10 * F.normalize(z, dim=-1) @ F.normalize(self.weight, dim=1).T


class CurvedModel(nn.Module):
    """Items are their own embeddings, under a given head."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.head(x), x


def curved_view(head: nn.Module) -> PoolView:
    view = make_view(EMBEDDINGS, weight=WEIGHT)
    view._model = CurvedModel(head).eval()
    with torch.no_grad():
        view._predicted = view._model(EMBEDDINGS)
    return view


@pytest.mark.parametrize("block", [2**24, 50])
@pytest.mark.parametrize(
    "head", [CosineHead(WEIGHT), nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 4))]
)
def test_a_head_that_is_not_linear_is_linearised_at_each_item(
    head: nn.Module, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepfool, "BLOCK", block)
    view = curved_view(head)
    expected = []
    for z in EMBEDDINGS:
        slopes = torch.autograd.functional.jacobian(lambda one: view.head(one[None])[0], z)
        logits = view.head(z[None])[0].detach()
        top = int(logits.argmax())
        others = [k for k in range(4) if k != top]
        expected.append(min(float((logits[top] - logits[k]) / (slopes[top] - slopes[k]).norm()) for k in others))
    torch.testing.assert_close(-DeepFool().scores(view), torch.tensor(expected, dtype=torch.float64), rtol=1e-4, atol=0)
    assert all(parameter.grad is None for parameter in head.parameters())


def test_a_linear_head_needs_no_derivative_at_each_item(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = deepfool._slopes

    def counted(view: View, z: Tensor) -> Tensor:
        asked.append(len(z))
        return real(view, z)

    monkeypatch.setattr(deepfool, "_slopes", counted)
    view = make_view(1000 * EMBEDDINGS, weight=WEIGHT, bias=1000 * BIAS)
    top = view.logits.argmax(dim=1)
    found = slope_differences(view, top)
    assert asked == [1]
    expected = (WEIGHT.double()[top][:, None] - WEIGHT.double()[None]).norm(dim=2)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("strategy", [DeepFool(), ExpectedGradientLength()])
def test_tiny_and_degenerate_pools(strategy: Strategy) -> None:
    assert strategy.select(make_view(torch.ones(1, 3)), 1).tolist() == [0]
    assert strategy.select(make_view(torch.ones(4, 3)), 4).tolist() == [0, 1, 2, 3], "ties go to the lowest position"
    assert strategy.select(make_view(torch.zeros(4, 3)), 2).tolist() == [0, 1]
    same_weights = make_view(EMBEDDINGS[:5, :3], weight=torch.ones(2, 3), bias=torch.tensor([1.0, 0.0]))
    assert sorted(strategy.select(same_weights, 5).tolist()) == [0, 1, 2, 3, 4]
    one_class = make_view(EMBEDDINGS, weight=WEIGHT, bias=torch.tensor([500.0, 0.0, 0.0, 0.0]))
    assert sorted(strategy.select(one_class, 15).tolist()) == list(range(15))
    labeled = make_view(EMBEDDINGS, weight=WEIGHT, labeled_embeddings=EMBEDDINGS[:1], labeled_y=torch.tensor([0]))
    assert strategy.select(labeled, 3).tolist() == strategy.select(make_view(EMBEDDINGS, weight=WEIGHT), 3).tolist()


@pytest.mark.parametrize("strategy", [DeepFool(), ExpectedGradientLength()])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_raise(strategy: Strategy, value: float) -> None:
    broken = torch.ones(4, 3)
    broken[1] = value
    with pytest.raises(NonFiniteScores, match="1 of 4") as raised:
        strategy.select(make_view(broken), 2)
    assert isinstance(raised.value, ContractError)
