"""What the bases of an encoder and of an encoded data set do for those that are built on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from feature_splits import splits

from albench.api import DataError, Dataset, EncodedDataset, Encoder, Problem, Splits, Task


class OfTexts(Encoder):
    modalities = frozenset({"text"})


class Given(Dataset):
    def load(self, root: Path | None) -> Splits:
        if root is not None:
            raise DataError("there is no such file.")
        return splits()

    def find(self, root: Path | None) -> bool:
        return root is None


def test_a_task_of_another_modality_is_skipped_with_the_reason() -> None:
    assert OfTexts().skip(Task("text", (), 2, ("a", "b"))) is None
    assert OfTexts().skip(Task("features", (4,), 2, ("a", "b"))) == "it reads text, not features"


def test_an_encoder_learns_nothing_unless_it_says_so_and_encoding_is_its_own() -> None:
    encoder = OfTexts()
    assert encoder.fit(np.zeros((3, 2), np.float32)) is encoder
    for call in (encoder.fingerprint, lambda: encoder.dim(Task("text", (), 2, ("a", "b")))):
        with pytest.raises(NotImplementedError):
            call()
    with pytest.raises(NotImplementedError):
        encoder.encode(np.zeros((3, 2), np.float32), torch.device("cpu"))


def test_an_encoded_data_set_is_found_loaded_and_verified_as_the_one_inside() -> None:
    made = EncodedDataset(of=Given(), encoder=OfTexts())
    assert np.array_equal(made.load(None).train.x, splits().train.x)
    assert [made.find(None), made.find(Path("x"))] == [True, False]
    assert made.verify(Path("x")) == [Problem("Given", "there is no such file.")]
    assert made.equal_items == "allow"
