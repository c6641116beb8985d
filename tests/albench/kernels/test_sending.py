"""What is sent arrives without a wait."""

from __future__ import annotations

import pytest
import torch

from albench.kernels import sent
from albench.testing.pretended import pretended_cuda, unavailable


def test_what_is_sent_is_there_and_nobody_waits() -> None:
    x = torch.rand(4)
    assert sent(x, torch.device("cpu")) is x
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_cuda() as account:
        there = sent(x, torch.device("cuda", 0))
        assert (there.is_cuda, account.count("up"), account.count("waits")) == (True, 1, 0)
        assert torch.equal(there.cpu(), x)
