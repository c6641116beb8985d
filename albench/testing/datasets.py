"""The conformance checks of data sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import albench.testing.dataset_conduct as conduct
import albench.testing.dataset_files as files
import albench.testing.dataset_views as views
from albench.testing.dataset_subject import DatasetSubject
from albench.testing.report import Check, Finding, collect

DATASET_CHECKS: dict[str, Check[DatasetSubject]] = collect(
    DatasetSubject,
    [
        files.loads,
        files.missing_data,
        files.simulated_files,
        conduct.item_types,
        conduct.item_values,
        conduct.items_without_labels,
        conduct.label_range,
        conduct.every_class_in_train,
        conduct.task_agrees,
        conduct.accepted_by_a_run,
        conduct.groups_fit,
        conduct.groups_apart,
        conduct.splits_apart,
        conduct.labels_not_in_items,
        conduct.same_bytes_twice,
        conduct.global_state_untouched,
        files.files_untouched,
        files.verify_reports,
        views.view_types,
        views.views_of_one_item,
        views.views_at_the_ends_of_the_noise,
        views.same_noise_same_view,
        views.other_noise_other_view,
        views.views_write_nothing,
        views.views_on_cuda,
        views.views_on_mps,
    ],
)
"""Every check of a data set by name; ``DATASET_CHECKS[name](build, name="mine")`` gives one finding."""


def check_dataset(build: Callable[[], Any], *, name: str, root: Path | None = None) -> list[Finding]:
    """Try all checks on a data set.

    Parameters
    ----------
    build
        Returns a fresh data set.
    name
        What the findings call it.
    root
        The data folder, as in ``--data-dir``.
    """
    subject = partial(DatasetSubject, root=root)
    return [replace(check, subject=subject)(build, name=name) for check in DATASET_CHECKS.values()]
