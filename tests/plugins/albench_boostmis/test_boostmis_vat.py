"""Adversarial unstability against closed forms in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from torch import nn

from albench_boostmis.vat import adversarial_unstability


def _setup(
    n: int = 40, dim: int = 7, classes: int = 4, scale: float = 1.0
) -> tuple[nn.Linear, torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(3)
    head = nn.Linear(dim, classes)
    with torch.no_grad():
        head.weight.copy_(torch.randn(classes, dim, generator=g) * scale)
        head.bias.copy_(torch.randn(classes, generator=g))
    return head, torch.randn(n, dim, generator=g), torch.randn(n, dim, generator=g)


def _closed_form(head: nn.Linear, r: np.ndarray, d: np.ndarray, xi: float, eps: float, iterations: int) -> np.ndarray:
    """For a linear softmax head the gradient of KL(p || q(r + xi d)) is W^T (q - p), up to the factor xi."""
    w, b = head.weight.detach().double().numpy(), head.bias.detach().double().numpy()
    p, log_p = softmax(r @ w.T + b, axis=1), log_softmax(r @ w.T + b, axis=1)
    d = d / np.linalg.norm(d, axis=1, keepdims=True)
    for _ in range(iterations):
        gradient = (softmax((r + xi * d) @ w.T + b, axis=1) - p) @ w
        d = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    return (p * (log_p - log_softmax((r + eps * d) @ w.T + b, axis=1))).sum(axis=1)


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize(("xi", "eps"), [(10.0, 1.0), (0.1, 0.5)])
def test_linear_head_has_its_closed_form(iterations: int, xi: float, eps: float) -> None:
    head, r, d = _setup()
    got = adversarial_unstability(head, r, d, xi=xi, eps=eps, iterations=iterations)
    expected = _closed_form(head, r.double().numpy(), d.double().numpy(), xi, eps, iterations)
    np.testing.assert_allclose(got, expected, rtol=2e-4, atol=1e-6)


def test_two_classes_on_a_line() -> None:
    # Logits (x, 0): whichever way the probe goes, the push is one unit along x and towards the probe's side.
    head = nn.Linear(1, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[1.0], [0.0]]))
        head.bias.zero_()
    got = adversarial_unstability(head, torch.zeros(2, 1), torch.tensor([[5.0], [-0.1]]))
    # KL((1/2, 1/2) || sigmoid(1)) = -log(2) - (log s(1) + log s(-1)) / 2, the same on both sides.
    expected = -np.log(2) + 0.5 * (np.log1p(np.exp(-1)) + np.log1p(np.exp(1)))
    np.testing.assert_allclose(got, [expected, expected], rtol=1e-5)


def test_a_score_does_not_depend_on_the_other_items() -> None:
    head, r, d = _setup(n=1300)
    whole = adversarial_unstability(head, r, d)
    alone = torch.cat([adversarial_unstability(head, r[i : i + 1], d[i : i + 1]) for i in range(0, 1300, 50)])
    torch.testing.assert_close(alone, whole[::50], rtol=1e-5, atol=1e-6)
    picked = torch.randperm(1300, generator=torch.Generator().manual_seed(0))[:700]
    torch.testing.assert_close(adversarial_unstability(head, r[picked], d[picked]), whole[picked], rtol=1e-5, atol=1e-6)


def test_confident_items_keep_a_direction_of_length_one() -> None:
    # At logits (30, 0) the gradient is of the order 1e-13: a constant in the normalisation would erase it.
    head = nn.Linear(2, 2)
    with torch.no_grad():
        head.weight.copy_(torch.eye(2) * 10)
        head.bias.zero_()
    seen: list[torch.Tensor] = []

    def spy(z: torch.Tensor) -> torch.Tensor:
        seen.append(z.detach())
        return head(z)

    r = torch.tensor([[3.0, 0.0]])
    score = adversarial_unstability(spy, r, torch.tensor([[1.0, 0.2]]), xi=0.01)
    np.testing.assert_allclose(torch.linalg.vector_norm(seen[-1] - r, dim=1), [1.0], rtol=1e-5)
    assert float(score[0]) >= 0


def test_a_vanished_gradient_keeps_the_random_direction_and_parameters_get_no_gradient() -> None:
    head, r, d = _setup(n=3)
    with torch.no_grad():
        head.weight.zero_()
    assert adversarial_unstability(head, r, d).tolist() == [0.0, 0.0, 0.0]
    assert head.weight.grad is None
    assert head.bias.grad is None


def test_it_works_where_gradients_are_off() -> None:
    head, r, d = _setup()
    with torch.no_grad():
        off = adversarial_unstability(head, r, d)
    assert torch.equal(off, adversarial_unstability(head, r, d))
    with torch.inference_mode():
        made = r * 1.0
    assert torch.equal(adversarial_unstability(head, made, d), off)
