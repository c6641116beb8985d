"""The conformance checks of semi-supervised methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import albench.testing.method_conduct as conduct
import albench.testing.method_graphs as graphs
import albench.testing.method_losses as losses
import albench.testing.method_whole as whole
from albench.testing.method_subject import MethodSubject
from albench.testing.report import Check, Finding, collect

_STEPS: dict[str, Check[Any]] = collect(
    MethodSubject,
    [
        losses.finite_loss,
        losses.gradient_reaches_all_weights,
        losses.nothing_accepted,
        losses.everything_accepted,
        losses.one_labeled_class,
        losses.batch_of_one,
        losses.unlabeled_ratio,
        losses.labeled_loss_option,
        losses.image_items,
        losses.scalar_logs,
        conduct.views_declared,
        conduct.heads_declared,
        conduct.state_fixed,
        conduct.inputs_unchanged,
        conduct.deterministic,
        conduct.no_host_reads,
        conduct.lanes_match_each_alone,
        conduct.global_state_untouched,
        conduct.draws,
        losses.rejected_mask,
        conduct.adoption,
        losses.float64_inputs,
        losses.mixed_precision,
        losses.cuda_agrees,
        losses.mps_agrees,
        graphs.graph_agrees,
        conduct.warm_second_round,
        conduct.cold_second_round,
    ],
)
_ESTIMATORS: dict[str, Check[Any]] = collect(
    whole.WholeMethodSubject,
    [
        whole.fits_probabilities,
        whole.fits_classes,
        whole.fits_bought_labels,
        whole.fits_one_class,
        whole.fits_one_item_each,
        whole.fits_without_unlabeled,
        whole.fits_from_the_seed,
        whole.fits_inputs_unchanged,
        whole.fits_loss_option,
        whole.fits_rejected_mask,
        whole.fits_global_state,
    ],
)
METHOD_CHECKS: dict[str, Check[Any]] = {**_STEPS, **_ESTIMATORS}
"""Every check of a method by name; ``METHOD_CHECKS[name](build, name="mine")`` gives one finding."""


def check_method(build: Callable[[], Any], *, name: str) -> list[Finding]:
    """Try all checks on a method.

    Parameters
    ----------
    build
        Returns a fresh method.
    name
        What the findings call it.
    """
    return [check(build, name=name) for check in METHOD_CHECKS.values()]
