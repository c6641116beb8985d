"""Blocked tensor kernels shared by plugins: deterministic, on any device, never an N x N array, exact but for one."""

from albench.kernels.approximate import approximate_neighbors
from albench.kernels.blocks import joined
from albench.kernels.cover_graph import CoverGraph
from albench.kernels.coverage import cover_counts, is_covered
from albench.kernels.finite import NonFiniteScores, require_finite
from albench.kernels.groups import distances_in_groups
from albench.kernels.kcenter import k_center_greedy
from albench.kernels.kmeans import k_means, nearest_to_centers
from albench.kernels.kmeanspp import k_means_plus_plus
from albench.kernels.lanes import LaneLinear
from albench.kernels.likely import likely_neighbors
from albench.kernels.neighbor_bounds import LeadingBounds, coarse_pays, nearest_of_other_groups, similarity_bounds
from albench.kernels.neighbors import measure_again, nearest_neighbors, similarity_to_others
from albench.kernels.samples import mean_standard_deviation, mutual_information
from albench.kernels.scores import entropy, margin, top_probability
from albench.kernels.sending import sent
from albench.kernels.settled import top_k_entropy, top_k_settled
from albench.kernels.settled_information import top_k_mutual_information
from albench.kernels.sums import add_by_group, running_sum
from albench.kernels.topk import top_k, top_k_per_class
from albench.kernels.unit import Rows, UnitRows

__all__ = [
    "CoverGraph",
    "LaneLinear",
    "LeadingBounds",
    "NonFiniteScores",
    "Rows",
    "UnitRows",
    "add_by_group",
    "approximate_neighbors",
    "coarse_pays",
    "cover_counts",
    "distances_in_groups",
    "entropy",
    "is_covered",
    "joined",
    "k_center_greedy",
    "k_means",
    "k_means_plus_plus",
    "likely_neighbors",
    "margin",
    "mean_standard_deviation",
    "measure_again",
    "mutual_information",
    "nearest_neighbors",
    "nearest_of_other_groups",
    "nearest_to_centers",
    "require_finite",
    "running_sum",
    "sent",
    "similarity_bounds",
    "similarity_to_others",
    "top_k",
    "top_k_entropy",
    "top_k_mutual_information",
    "top_k_per_class",
    "top_k_settled",
    "top_probability",
]
