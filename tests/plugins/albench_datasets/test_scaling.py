"""Features are standardised where a network could not learn from them, by the pool alone, and it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import albench
from albench.api import DataError
from albench.components.fields import canonical
from albench_datasets import scaling
from albench_datasets.checks import Raw
from albench_datasets.features import Features
from albench_datasets.scaling import scaled

RNG = np.random.default_rng(0)
Y = np.arange(300) % 3
X = 3 * np.eye(3, 6)[Y] + RNG.standard_normal((300, 6))


def raw(x: np.ndarray) -> dict[str, Raw]:
    return {name: Raw(x[rows], Y[rows], name, name) for name, rows in parts().items()}


def parts() -> dict[str, slice]:
    return {"train": slice(200), "val": slice(200, 250), "test": slice(250, 300)}


UNFIT = {
    "large": X * 1e6,
    "small": X * 1e-5,
    "one drowns the others": X * [1, 1, 1, 1, 1, 1e4],
    "far from zero": X + 1e4,
    "whole numbers": (X * 1e6).astype(np.int64),
}


@pytest.mark.parametrize("case", UNFIT)
def test_features_that_a_network_cannot_learn_from_are_standardised(case: str) -> None:
    found, (told,) = scaled(raw(UNFIT[case]), "auto")
    train = found["train"].x
    assert train.dtype == np.float32
    np.testing.assert_allclose(train.mean(axis=0, dtype=np.float64), 0, atol=1e-3)
    np.testing.assert_allclose(train.std(axis=0, dtype=np.float64), 1, atol=1e-3)
    expected = (UNFIT[case] - UNFIT[case][:200].mean(axis=0)) / UNFIT[case][:200].std(axis=0)
    np.testing.assert_allclose(found["test"].x, expected[250:], atol=2e-3)
    assert told.startswith("features were standardised by the pool's means and spreads, as their ")
    assert "scale=none" in told


@pytest.mark.parametrize("x", [X, X * 20, X * 0.05, np.maximum(X, 0)], ids=["unit", "wide", "narrow", "rectified"])
def test_features_of_one_scale_stay_as_they_are(x: np.ndarray) -> None:
    found, told = scaled(raw(x), "auto")
    assert told == ()
    np.testing.assert_array_equal(found["train"].x, x[:200])


def test_the_option_decides() -> None:
    assert scaled(raw(UNFIT["large"]), "none")[1] == ()
    found, (told,) = scaled(raw(X), "pool")
    assert abs(found["train"].x.std() - 1) < 0.01
    assert told == "features were standardised by the pool's means and spreads (scale=none leaves them as they are)"


def test_only_the_pool_is_measured() -> None:
    x = X * 1e6
    x[200:] *= 50
    one, other = scaled(raw(X * 1e6), "auto")[0], scaled(raw(x), "auto")[0]
    np.testing.assert_array_equal(one["train"].x, other["train"].x)


def test_a_constant_feature_becomes_zero() -> None:
    x = np.concatenate([X * 1e6, np.full((300, 1), 0.1)], axis=1)
    found = scaled(raw(x), "auto")[0]
    assert (found["train"].x[:, 6] == 0).all()


def test_the_last_digits_of_sums_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    x = RNG.lognormal(size=(5000, 12)) * np.logspace(-3, 4, 12)
    of = {name: Raw(x, np.arange(5000) % 3, name, name) for name in ("train", "val", "test")}
    one = scaled(of, "auto")[0]
    monkeypatch.setattr(scaling, "BLOCK_BYTES", 997)
    other = scaled(of, "auto")[0]
    np.testing.assert_array_equal(one["train"].x, other["train"].x)


def test_large_features_are_not_copied_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "LARGEST", 1000)
    found, (told,) = scaled(raw(UNFIT["large"]), "auto")
    np.testing.assert_array_equal(found["train"].x, UNFIT["large"][:200])
    assert told.startswith("features stay as they are, though their spread is ")
    assert told.endswith("write scale=pool, or scale the files")
    assert scaled(raw(UNFIT["large"]), "pool")[1][0].startswith("features were standardised")


def test_what_is_not_finite_is_named() -> None:
    x = X * 1e6
    x[5, 2] = np.nan
    for scale in ("auto", "pool"):
        with pytest.raises(DataError, match="train: row 5 has the value nan at position 2"):
            scaled(raw(x), scale)


def test_features_at_a_scale_of_a_million_are_learnt(tmp_path: Path) -> None:
    """Groups that differ by their distance from the origin: scaled item by item they would be one."""
    y = np.arange(300) % 2
    x = np.where(y[:, None] == 1, 3.0, 1.0) + 0.3 * RNG.standard_normal((300, 2))
    np.savez(tmp_path / "pool.npz", features=(x * 1e6).astype(np.float32), labels=y)
    path = tmp_path / "pool.npz"
    settings = {"method": "supervised", "strategy": "random", "seeds": 1, "rounds": 1, "initial": 30, "steps": 150}
    score = {}
    for scale in ("auto", "none"):
        results = albench.run(
            dataset=f"features[path={path},scale={scale}]", out=tmp_path / scale, executor="local", **settings
        )
        score[scale] = results.frame["test.accuracy"].iloc[-1]
    assert score["auto"] > 0.95
    assert score["none"] < 0.8


def test_the_default_changes_no_key() -> None:
    assert "scale" not in canonical("features", Features(path="p"))
    assert "scale=pool" in canonical("features", Features(path="p", scale="pool"))
