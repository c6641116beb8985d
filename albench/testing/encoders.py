"""The conformance checks of encoders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import albench.testing.encoder_conduct as conduct
from albench.testing.encoder_subject import EncoderSubject
from albench.testing.report import Check, Finding, collect

ENCODER_CHECKS: dict[str, Check[EncoderSubject]] = collect(
    EncoderSubject,
    [
        conduct.vector_types,
        conduct.block_size_changes_nothing,
        conduct.order_changes_nothing,
        conduct.same_vectors_twice,
        conduct.different_items_differ,
        conduct.empty_items,
        conduct.float_images,
        conduct.size_to_learn_from,
        conduct.writes_to_nothing,
        conduct.fingerprint_is_stable,
        conduct.fingerprint_changes_with_files,
        conduct.fits_the_pool_alone,
        conduct.labels_unseen,
        conduct.global_state_untouched,
        conduct.skips_other_modalities,
        conduct.vectors_on_cuda,
        conduct.vectors_on_mps,
    ],
)
"""Every check of an encoder by name; ``ENCODER_CHECKS[name](build, name="mine")`` gives one finding."""


def check_encoder(build: Callable[[], Any], *, name: str) -> list[Finding]:
    """Try all checks on an encoder.

    Parameters
    ----------
    build
        Returns a fresh encoder.
    name
        What the findings call it.
    """
    return [check(build, name=name) for check in ENCODER_CHECKS.values()]
