"""Planted faults of encoders: each has to be caught by the check that is there for it."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from albench.api import Encoder, PluginError, Split
from albench.testing.encoders import ENCODER_CHECKS, check_encoder

DIM = 5
ON_DEVICES = {"vectors-on-cuda", "vectors-on-mps"}


def projected(x: np.ndarray, seed: int = 0) -> np.ndarray:
    """(n, 5) of items (n, ...)."""
    flat = x.reshape(len(x), -1).astype(np.float32)
    if x.dtype == np.uint8:
        flat /= 255
    weight = np.random.Generator(np.random.PCG64(seed)).standard_normal((flat.shape[1], DIM))
    return (flat @ weight / np.sqrt(flat.shape[1])).astype(np.float32)


class Sound(Encoder):
    """A projection of features and images; the faults below change one thing each."""

    modalities = frozenset({"features", "image"})

    def fingerprint(self):
        return "projection"

    def dim(self, task):
        return DIM

    def encode(self, x, device):
        return projected(x)


class NoEncoder:
    pass


class SaysAnotherDim(Sound):
    def dim(self, task):
        return DIM + 1


class DoublePrecision(Sound):
    def encode(self, x, device):
        return projected(x).astype(np.float64)


class GivesTensors(Sound):
    def encode(self, x, device):
        return torch.from_numpy(projected(x))


class OneForTheBlock(Sound):
    def encode(self, x, device):
        return projected(x).mean(axis=0)


class CentresTheBlock(Sound):
    def encode(self, x, device):
        made = projected(x)
        return made - made.mean(axis=0)


class CountsPlaces(Sound):
    def encode(self, x, device):
        return projected(x) + np.arange(len(x), dtype=np.float32)[:, None]


class DropsNumbers(Sound):
    def encode(self, x, device):
        return torch.nn.functional.dropout(torch.from_numpy(projected(x))).numpy()


class DrawsItsWeights(Sound):
    def __init__(self):
        self.seed = int(torch.randint(2**31, (1,)))

    def encode(self, x, device):
        return projected(x, self.seed)


class AllAlike(Sound):
    def encode(self, x, device):
        return np.ones((len(x), DIM), np.float32)


class UnitLength(Sound):
    def encode(self, x, device):
        made = projected(x)
        with np.errstate(invalid="ignore"):
            return made / np.linalg.norm(made, axis=1, keepdims=True)


class DividesTwice(Sound):
    def encode(self, x, device):
        return projected(x / np.float32(255) if x.dtype != np.uint8 and x.ndim == 4 else x)


class Pixels(Sound):
    def encode(self, x, device):
        return projected(x) * np.float32(1e4)


class CentresInPlace(Sound):
    def encode(self, x, device):
        made = projected(x)
        x[:] = 0
        return made


class HandsTheItemsBack(Sound):
    modalities = frozenset({"features"})

    def encode(self, x, device):
        return x


class SortsThePool(Sound):
    def fit(self, x):
        x.sort(axis=0)
        return self


class NamedByAddress(Sound):
    def fingerprint(self):
        return f"projection {object()!r} {np.random.rand()}"  # noqa: NPY002  # a fault


class NoName(Sound):
    def fingerprint(self):
        return None


class GrowsWithUse(Sound):
    calls = 0

    def encode(self, x, device):
        self.calls += 1
        return projected(x)

    def fingerprint(self):
        return f"projection {self.calls}"


@dataclass(frozen=True)
class FromAFile(Sound):
    """Hashes its file, as it should."""

    weights: str = ""

    def fingerprint(self):
        return hashlib.blake2b(Path(self.weights).read_bytes()).hexdigest()

    def encode(self, x, device):
        return projected(x, Path(self.weights).read_bytes()[0])


class NamesItsFile(FromAFile):
    def fingerprint(self):
        return Path(self.weights).name


class FitsNothing(Sound):
    def fit(self, x):
        return None


@dataclass(frozen=True)
class FirstOfThePool(Sound):
    first: Any = None

    def fit(self, x):
        return replace(self, first=projected(x[:1]))

    def encode(self, x, device):
        return projected(x) - self.first


class FitsItself(Sound):
    def fit(self, x):
        self.mean = projected(x).mean(axis=0)
        return self

    def encode(self, x, device):
        return projected(x) - self.mean


class LooksForLabels(Sound):
    def fit(self, x):
        self.labels = [found.y for found in gc.get_objects() if isinstance(found, Split) and len(found.y) == len(x)]
        return self

    def encode(self, x, device):
        return projected(x) + np.float32(self.labels[0][0] if self.labels else 0)


class SeedsTorch(Sound):
    def encode(self, x, device):
        torch.manual_seed(0)
        return projected(x)


class ReadsAnything(Sound):
    modalities = frozenset({"image"})

    def skip(self, task):
        return None


def file_of(cls: type[FromAFile]) -> Callable[[], Any]:
    """An encoder with a file of weights; this one will do."""

    def build() -> Any:
        return cls(weights=__file__)

    build.__name__ = cls.__name__
    return build


ENCODER_FAULTS: list[tuple[Callable[[], Any], str]] = [
    (NoEncoder, "vector-types"),
    (SaysAnotherDim, "vector-types"),
    (DoublePrecision, "vector-types"),
    (GivesTensors, "vector-types"),
    (OneForTheBlock, "vector-types"),
    (CentresTheBlock, "block-size-changes-nothing"),
    (CountsPlaces, "order-changes-nothing"),
    (DropsNumbers, "same-vectors-twice"),
    (DrawsItsWeights, "same-vectors-twice"),
    (AllAlike, "different-items-differ"),
    (UnitLength, "empty-items"),
    (DividesTwice, "float-images"),
    (Pixels, "size-to-learn-from"),
    (CentresInPlace, "writes-to-nothing"),
    (HandsTheItemsBack, "writes-to-nothing"),
    (SortsThePool, "writes-to-nothing"),
    (NamedByAddress, "fingerprint-is-stable"),
    (NoName, "fingerprint-is-stable"),
    (GrowsWithUse, "fingerprint-is-stable"),
    (file_of(NamesItsFile), "fingerprint-changes-with-files"),
    (FitsNothing, "fits-the-pool-alone"),
    (FirstOfThePool, "fits-the-pool-alone"),
    (FitsItself, "fits-the-pool-alone"),
    (LooksForLabels, "labels-unseen"),
    (SeedsTorch, "global-state-untouched"),
    (ReadsAnything, "skips-other-modalities"),
]


@pytest.mark.parametrize(("build", "check"), ENCODER_FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_encoder_is_caught(build: Callable[[], Any], check: str) -> None:
    finding = ENCODER_CHECKS[check](build, name="planted")
    assert finding.failed, finding
    assert finding.reason
    assert "\n" not in finding.reason


@pytest.mark.parametrize("build", [Sound, file_of(FromAFile)], ids=["sound", "file"])
def test_a_sound_encoder_passes(build: Callable[[], Any]) -> None:
    findings = check_encoder(build, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    assert [finding.check for finding in findings] == list(ENCODER_CHECKS)


def test_every_encoder_check_has_a_fault_that_it_catches() -> None:
    assert set(ENCODER_CHECKS) - {check for _, check in ENCODER_FAULTS} == ON_DEVICES


def test_a_missing_library_is_no_fault_of_the_encoder() -> None:
    class Missing(Sound):
        def fingerprint(self):
            raise PluginError("mylib is not installed: pip install mylib")

    findings = check_encoder(Missing, name="missing")
    assert {(finding.status, finding.reason) for finding in findings} == {
        ("skip", "mylib is not installed: pip install mylib")
    }
