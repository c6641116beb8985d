"""torch's C++ believes in a device for as long as it is told to."""

from __future__ import annotations

import pytest
import torch

from albench.testing.pretended import internals
from albench.testing.pretended.internals import Unsuitable, a_device_guard, hooks_that_agree


def test_an_accelerator_is_there_for_as_long_as_it_is_pretended() -> None:
    assert torch._C._get_accelerator().type == "cpu"
    with a_device_guard(), hooks_that_agree():
        assert torch._C._get_accelerator().type == "cuda"
    assert torch._C._get_accelerator().type == "cpu"
    with pytest.raises(RuntimeError):
        torch.empty(1, device="meta").to("cuda")


def test_a_torch_without_what_is_looked_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internals, "GUARDS", "nothing_of_the_kind")
    with pytest.raises(Unsuitable, match="does not show nothing_of_the_kind"), a_device_guard():
        pass
    monkeypatch.setattr(internals.sys, "platform", "darwin")  # whose libraries have other names
    with pytest.raises(Unsuitable, match=r"no libtorch_cpu\.dylib"), hooks_that_agree():
        pass
    assert torch._C._get_accelerator().type == "cpu"
