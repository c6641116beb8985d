"""What a suite leaves open is settled, and what it names looked up, before any data are read."""

from __future__ import annotations

import pytest

from albench.components.registry import Registry
from albench.errors import SuiteError, UnknownName
from albench.session import suite_from
from albench.suite.complete import completed
from albench.suite.settings import RunSettings


def test_what_is_left_open_is_settled() -> None:
    suite, panels = completed(suite_from(dataset=["digits", "blobs"]), RunSettings(device="cuda:1"), Registry())
    assert suite.name == "digits-blobs"
    assert suite.protocol.device == "cuda"
    assert suite.by_default == ("method", "strategy")
    assert suite.methods
    assert suite.strategies
    assert panels == {}


@pytest.mark.parametrize(("device", "given", "stands"), [
    ("cpu", "fp32", "auto"), ("cpu", "bf16", "bf16"), ("cpu", "auto", "auto"),
    ("cuda:0", "bf16", "auto"), ("cuda:0", "fp32", "fp32"), ("cuda:0", "tf32", "tf32"),
])  # fmt: skip
def test_a_precision_that_is_the_devices_own_changes_no_key(device: str, given: str, stands: str) -> None:
    suite, _ = completed(suite_from(dataset="digits", precision=given), RunSettings(device=device), Registry())
    assert suite.protocol.precision == stands
    assert ("precision" in suite.protocol.content) == (stands != "auto")


def test_tf32_is_refused_where_there_is_none() -> None:
    with pytest.raises(SuiteError, match="precision tf32 is of CUDA devices: on cpu write precision=fp32 or"):
        completed(suite_from(dataset="digits", precision="tf32"), RunSettings(device="cpu"), Registry())


def test_panels_become_their_components() -> None:
    suite, panels = completed(suite_from(dataset="digits", strategy="@fast"), RunSettings(device="cpu"), Registry())
    (names,) = panels.values()
    assert [spec.name for spec in suite.strategies] == names
    assert len(names) > 2


@pytest.mark.parametrize("kind", ["method", "strategy", "backbone"])
def test_a_mistyped_name_is_told(kind: str) -> None:
    with pytest.raises(UnknownName, match=f"unknown {kind} 'nope'"):
        completed(suite_from(**{"dataset": "digits", kind: "nope"}), RunSettings(device="cpu"), Registry())


def test_a_strategy_that_needs_a_model_cannot_choose_the_first_labels() -> None:
    suite = suite_from(dataset="digits", initial_strategy="entropy")
    with pytest.raises(SuiteError, match="initial_strategy entropy: it needs a model or labels"):
        completed(suite, RunSettings(device="cpu"), Registry())


def test_what_chooses_by_validation_labels_needs_some() -> None:
    ahead = "lookahead-oracle[candidates=2]"
    suite = suite_from(dataset="digits", strategy=["random", ahead])
    with pytest.raises(
        SuiteError, match=r"lookahead-oracle\[candidates=2\] chooses by validation labels.*as --set validation=1x"
    ):
        completed(suite, RunSettings(device="cpu"), Registry())
    completed(suite_from(dataset="digits", strategy=ahead, validation="1x"), RunSettings(device="cpu"), Registry())
