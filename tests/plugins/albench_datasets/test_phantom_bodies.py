"""Anatomies of the phantom: a patient's slices are alike and drift, and each value stays in what it was drawn from."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from albench_datasets.phantom import cache
from albench_datasets.phantom.bodies import Anatomy, drawn

OWNER = np.repeat([0, 1, 2], [6, 4, 5])
PLACE = np.concatenate([np.arange(6), np.arange(4), np.arange(5)])


def bodies(seed: int = 0) -> Anatomy:
    return drawn(np.random.Generator(np.random.PCG64(seed)), OWNER, PLACE)


def test_every_slice_has_every_value_and_a_seed_decides_them() -> None:
    one, again, other = bodies(), bodies(), bodies(1)
    for field in dataclasses.fields(Anatomy):
        value = getattr(one, field.name)
        assert (value.shape, value.dtype) == ((15,), np.float32), field.name
        np.testing.assert_array_equal(value, getattr(again, field.name))
    assert not np.array_equal(one.gain, other.gain)


def test_what_does_not_drift_is_the_patients_own() -> None:
    for name in ("cord", "flesh", "csf", "side_x", "side_y", "bilobed"):
        value = getattr(bodies(), name)
        assert [len(set(value[owner == OWNER])) for owner in range(3)] == [1, 1, 1], name


def test_what_drifts_moves_evenly_along_the_slices_of_a_patient() -> None:
    steps = np.diff(bodies().muscle[OWNER == 0])
    np.testing.assert_allclose(steps, steps[0], atol=1e-6)
    assert 0 < abs(steps[0]) <= 0.01


def test_the_lesion_lies_on_a_side_and_the_cord_in_its_sac() -> None:
    made = bodies()
    np.testing.assert_allclose(made.side_x**2 + made.side_y**2, 1, rtol=1e-6)
    assert ((made.cord_a < made.sac_a) & (made.sac_a < made.canal_a)).all()
    assert ((made.cord_b < made.sac_b) & (made.sac_b < made.canal_b)).all()
    assert made.vein.min() >= 0
    assert made.void.max() <= np.float32(0.6)


@pytest.mark.parametrize("rows", [np.array([14, 0]), OWNER == 1])
def test_slices_are_taken_with_all_their_values(rows: np.ndarray) -> None:
    made = bodies()
    taken = made.take(rows)
    assert all(
        np.array_equal(getattr(taken, field.name), getattr(made, field.name)[rows])
        for field in dataclasses.fields(Anatomy)
    )


def test_the_cache_of_images_names_all_the_code_that_draws() -> None:
    """A file of the package that others in the recipe import decides images as well."""
    folder = Path(cache.__file__).parent
    asked = {
        node.module.rpartition(".")[2] + ".py"
        for name in cache.RECIPE
        for node in ast.walk(ast.parse((folder / name).read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("albench_datasets.phantom.")
    }
    assert asked <= set(cache.RECIPE)
