"""Arrays of whatever library as tensors on a device, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from albench.data.arrays import Reader
from albench.errors import UserError

READ = Reader(torch.device("cpu"))


@pytest.mark.parametrize("value", [[[1, 2]], np.array([[1.0, 2.0]]), torch.tensor([[1, 2]], dtype=torch.int32)])
def test_whatever_holds_numbers_is_a_float32_tensor(value: Any) -> None:
    found = READ.array(value, "x", 2)
    assert found.dtype == torch.float32
    assert found.tolist() == [[1, 2]]


def test_probabilities_become_logits_that_give_them_back() -> None:
    found = READ.logits(None, [[0.25, 0.75], [0.0, 1.0]], "")
    assert found is not None
    assert torch.allclose(found.softmax(1), torch.tensor([[0.25, 0.75], [0.0, 1.0]]))
    assert READ.logits(None, None, "") is None


def test_sizes_that_differ_are_told() -> None:
    assert READ.common({"a": np.zeros((3, 2)), "mc_probs": np.zeros((5, 3, 2))}, "unlabelled") == 3
    assert READ.common({}, "unlabelled") is None
    with pytest.raises(UserError, match="not of the same unlabelled items: a 3, b 4"):
        READ.common({"a": np.zeros(3), "b": np.zeros(4)}, "unlabelled")


def test_a_pandas_column_holds_labels_and_a_frame_items() -> None:
    import pandas as pd

    frame = pd.DataFrame({"u": [1.0, 2.0], "y": [0, 1]})
    assert READ.labels(frame["y"]).tolist() == [0, 1]  # type: ignore[union-attr]
    assert READ.items(frame[["u"]], "pool").gather(torch.arange(2)).tolist() == [[1], [2]]
    with pytest.raises(UserError, match="pool: it holds object; numbers are read"):
        READ.items(np.array(["a"], dtype=object), "pool")
    with pytest.raises(UserError, match="labeled_y: it holds <U1; numbers are read"):
        READ.labels(["a"])


def test_a_last_layer_from_its_weight_and_bias() -> None:
    head = READ.head(([[1.0, 0.0], [0.0, 2.0]], [0.0, 1.0]))
    assert head(torch.tensor([[1.0, 1.0]])).tolist() == [[1, 3]]
    with pytest.raises(UserError, match="head 'fc' is the name of a layer: of which model"):
        READ.head("fc")
