"""The conformance checks of backbones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import albench.testing.backbone_conduct as conduct
import albench.testing.backbone_weights as weights
import albench.testing.backbone_whole as whole
from albench.testing.backbone_subject import BackboneSubject
from albench.testing.report import Check, Finding, collect

_NETWORKS: dict[str, Check[Any]] = collect(
    BackboneSubject,
    [
        conduct.output_shapes,
        conduct.head_gives_the_logits,
        weights.gradient_reaches_all_weights,
        weights.weights_from_the_generator,
        weights.builds_share_nothing,
        conduct.global_state_untouched,
        weights.on_the_cpu,
        conduct.eval_mode_deterministic,
        conduct.items_independent,
        conduct.inputs_unchanged,
        conduct.train_batch_of_two,
        conduct.train_batch_of_one,
        conduct.finite_on_flat_items,
        weights.state_dict_round_trip,
        weights.deep_copy,
        conduct.skips_the_other_modality,
        conduct.channels_last,
        conduct.vmap_lanes,
        conduct.cuda_agrees,
        conduct.mps_agrees,
    ],
)
_ESTIMATORS: dict[str, Check[Any]] = collect(
    whole.EstimatorSubject,
    [
        whole.fitted_probabilities,
        whole.fitted_columns,
        whole.fitted_to_one_class,
        whole.fitted_to_one_item_each,
        whole.fitted_from_the_seed,
        whole.fitted_apart,
        whole.fitted_inputs_unchanged,
        whole.fitted_weights,
        whole.fitted_global_state,
    ],
)
BACKBONE_CHECKS: dict[str, Check[Any]] = {**_NETWORKS, **_ESTIMATORS}
"""Every check of a backbone by name; ``BACKBONE_CHECKS[name](build, name="mine")`` gives one finding."""


def check_backbone(build: Callable[[], Any], *, name: str) -> list[Finding]:
    """Try all checks on a backbone.

    Parameters
    ----------
    build
        Returns a fresh backbone.
    name
        What the findings call it.
    """
    return [check(build, name=name) for check in BACKBONE_CHECKS.values()]
