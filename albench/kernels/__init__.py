"""Blocked tensor kernels shared by plugins: exact, deterministic, on any device, never an N x N array."""

from albench.kernels.kcenter import k_center_greedy
from albench.kernels.neighbors import nearest_neighbors
from albench.kernels.scores import entropy, margin
from albench.kernels.topk import NonFiniteScores, top_k, top_k_per_class

__all__ = [
    "NonFiniteScores",
    "entropy",
    "k_center_greedy",
    "margin",
    "nearest_neighbors",
    "top_k",
    "top_k_per_class",
]
