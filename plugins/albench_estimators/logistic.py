"""Converged logistic regression with an L2 penalty: Newton steps where they are small, else L-BFGS; in float64."""

from __future__ import annotations

import numpy as np

NEWTON = 256
"""Columns up to which two classes are fitted by Newton steps."""
TOLERANCE = 1e-5
"""Largest entry of the mean loss's gradient at which it counts as converged."""
RANK = 1e-12
"""Share of the largest eigenvalue below which one is rounding: items that others add up to."""
STEPS = 1000
"""Of L-BFGS at most; of Newton a twentieth."""


def logistic(
    x: np.ndarray, y: np.ndarray, n_classes: int, strength: float, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (K, D) and biases (K,) at the minimum of ``C sum_i w_i CE_i + ||W||^2 / 2``; biases are not penalised.

    Of two classes the penalty is that of the difference of their weights, ``||w||^2 / 2`` as for a binomial model.

    Parameters
    ----------
    x, y
        (L, D) rows, (L,) labels of 0 .. K - 1.
    strength
        ``C``.
    sample_weight
        (L,) ``w``; None for ones.
    """
    if n_classes == 1:
        return np.zeros((1, x.shape[1])), np.zeros(1)
    if x.shape[1] > len(x):
        return _in_their_span(x, y, n_classes, strength, sample_weight)
    rows = np.empty((len(x), x.shape[1] + 1))
    rows[:, :-1] = x
    rows[:, -1] = 1
    share = np.ones(len(x)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    total = float(share.sum())
    penalty = np.full(rows.shape[1], 1 / (strength * total))
    penalty[-1] = 0
    share = share / total
    if n_classes == 2:
        found = _binomial(rows, y, share, penalty)
        both = np.stack([-found / 2, found / 2])
        return both[:, :-1], both[:, -1]
    whole = _multinomial(rows, y, n_classes, share, penalty)
    return whole[:, :-1], whole[:, -1]


def _in_their_span(
    x: np.ndarray, y: np.ndarray, n_classes: int, strength: float, sample_weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The same minimum from (L, L) rows: weights outside the span of the labelled items cost and gain nothing.

    In an orthonormal basis of the span the products are the same, and so is the penalty. Source: the representer
    theorem (Kimeldorf and Wahba 1971); the basis is that of the products' eigenvectors.
    """
    rows = np.asarray(x, np.float64)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    kept = values > RANK * values[-1]
    if not kept.any():  # rows of zeros: one column says as much
        weights, biases = logistic(x[:, :1], y, n_classes, strength, sample_weight)
        return np.zeros((len(biases), x.shape[1])), biases
    lengths, vectors = np.sqrt(values[kept]), vectors[:, kept]
    weights, biases = logistic(vectors * lengths, y, n_classes, strength, sample_weight)
    return weights @ (vectors / lengths).T @ rows, biases


def _binomial(rows: np.ndarray, y: np.ndarray, share: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    signs = 2.0 * y - 1

    def loss(w: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        margins = signs * (rows @ w)
        wrong = np.exp(-np.logaddexp(0, margins))  # probability of the other class
        value = share @ np.logaddexp(0, -margins) + 0.5 * penalty @ (w * w)
        return float(value), rows.T @ (-signs * share * wrong) + penalty * w, share * wrong * (1 - wrong)

    if rows.shape[1] > NEWTON:
        return _descended(lambda w: loss(w)[:2], rows.shape[1])
    w = np.zeros(rows.shape[1])
    value, gradient, curvature = loss(w)
    for _ in range(STEPS // 20):
        if np.abs(gradient).max() <= TOLERANCE:
            return w
        hessian = (rows.T * curvature) @ rows
        hessian[np.diag_indices(len(w))] += penalty + 1e-12
        step, factor = np.linalg.solve(hessian, gradient), 1.0
        slope = float(gradient @ step)
        while factor > 1e-8:
            made = loss(w - factor * step)
            if made[0] <= value - 1e-4 * factor * slope:
                break
            factor /= 2
        else:
            return w  # no lower value can be told apart
        w = w - factor * step
        value, gradient, curvature = made
    return w


def _multinomial(rows: np.ndarray, y: np.ndarray, n_classes: int, share: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    n = np.arange(len(y))
    column = share[:, None]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(n_classes, -1)
        logits = rows @ w.T
        logits -= logits.max(axis=1, keepdims=True)
        own = logits[n, y]
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1)
        value = share @ (np.log(sums) - own) + 0.5 * float((w * w).sum(axis=0) @ penalty)
        logits /= sums[:, None]
        logits[n, y] -= 1
        logits *= column
        return float(value), (logits.T @ rows + penalty * w).ravel()

    return _descended(loss, n_classes * rows.shape[1]).reshape(n_classes, -1)


def _descended(loss, size: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The minimum by L-BFGS (Liu and Nocedal 1989), from zero on."""
    from scipy.optimize import minimize

    options = {"maxiter": STEPS, "gtol": TOLERANCE, "ftol": 64 * np.finfo(float).eps, "maxls": 50}
    found: np.ndarray = minimize(loss, np.zeros(size), method="L-BFGS-B", jac=True, options=options).x
    return found
