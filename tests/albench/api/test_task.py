"""A task's modality is one of two."""

from __future__ import annotations

import pytest

from albench.api import DataError, Task


@pytest.mark.parametrize(
    ("typed", "hint"), [("images", "did you mean 'image'?"), ("sound", "choose from features, image, text.")]
)
def test_another_modality_is_refused_with_the_nearest_right_one(typed: str, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        Task(typed, (1,), 2, ("a", "b"))  # type: ignore[arg-type]
    assert str(caught.value) == f"the task's modality is '{typed}': {hint}"


def test_what_is_not_known_of_a_task_is_zero() -> None:
    task = Task("features", (4,), 2, ("a", "b"))
    assert (task.pool_size, task.n_groups, task.embedding_size, task.ordinal) == (0, 0, 0, False)
