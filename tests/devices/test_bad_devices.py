"""A device that fills up, goes or lacks something while trials run on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from albench.api.executor import Event, Note
from albench.api.method import Method
from albench.errors import AlbenchError, DeviceLost
from albench.results.records import read_trial, suite_folders, trial_folders, without_measured
from albench.session import Silent
from albench.testing.pretended import Account, pretended_cuda

FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
GONE = torch.AcceleratorError("CUDA error: unspecified launch failure")
SETTINGS: dict[str, Any] = {"share": False, "rounds": 2, "steps": 4, "strategy": "entropy", "method": "supervised"}


def records(out: Path) -> dict[int, list[dict[str, Any]]]:
    trials = [read_trial(path) for suite in suite_folders(out) for path in trial_folders(suite)]
    return {t.facts["seed"]: [without_measured(record) for record in t.records] for t in trials}


class Heard(Silent):
    def __init__(self, at_round: Callable[[], None] = lambda: None) -> None:
        self.notes: list[str] = []
        self._at_round = at_round

    def event(self, event: Event) -> None:
        if isinstance(event, Note):
            self.notes.append(event.text)
        elif getattr(event, "round", 0) == 1:
            self._at_round()


def failing_in_round_1(account: Account, error: Exception) -> Heard:
    """A listener in whose second round the device fails, once."""
    left = [error]
    return Heard(lambda: account.fail(left.pop(), after=20) if left else None)


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_lanes_that_do_not_fit_are_halved(tmp_path: Path, small_run: Callable[..., Any], start: str) -> None:
    settings = SETTINGS | {"seeds": 3, "lanes": "3", "start": start, "device": "cuda"}
    with pretended_cuda(autocast=False) as account:
        small_run(out=tmp_path / "whole", **settings)
        heard = failing_in_round_1(account, FULL)
        small_run(out=tmp_path / "halved", listener=heard, **settings)
    told = "lanes: 3 seeds in one step do not fit into the memory of cuda:0: from here on 2 at most."
    assert heard.notes.count(told) == 1
    assert records(tmp_path / "halved") == records(tmp_path / "whole")
    assert len(records(tmp_path / "whole")) == 3


def test_a_trial_that_does_not_fit_fails_and_the_others_go_on(tmp_path: Path, small_run: Callable[..., Any]) -> None:
    said = r"device cuda:0 \(pretended CUDA\) has no memory left: lower batch_size, .* \(CUDA out of memory"
    with pretended_cuda() as account, pytest.raises(AlbenchError, match=said):
        small_run(out=tmp_path, listener=failing_in_round_1(account, FULL), seeds=2, device="cuda", **SETTINGS)
    assert sorted(map(len, records(tmp_path).values())) == [1, 2]


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_a_device_that_goes_ends_the_run_which_then_goes_on(
    tmp_path: Path, small_run: Callable[..., Any], start: str
) -> None:
    settings = SETTINGS | {"start": start, "seeds": 2, "device": "cuda"}
    with pretended_cuda():
        small_run(out=tmp_path / "whole", **settings)
    with (
        pretended_cuda() as account,
        pytest.raises(DeviceLost, match=r"device cuda:0 answers no more \(CUDA error: uns"),
    ):
        small_run(out=tmp_path / "gone", listener=failing_in_round_1(account, GONE), **settings)
    kept = records(tmp_path / "gone")
    assert [len(each) for each in kept.values()] == [1]  # the next was not begun
    assert not list((tmp_path / "gone").rglob("outcome.json"))
    with pretended_cuda():
        small_run(out=tmp_path / "gone", **settings)
    assert records(tmp_path / "gone") == records(tmp_path / "whole")


def test_an_operation_that_is_missing_fails_the_trial_with_its_name(
    tmp_path: Path, small_run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks(*_: Any) -> None:
        raise NotImplementedError("The operator 'aten::histc' is not currently implemented for the MPS device.")

    monkeypatch.setattr(Method, "labeled_loss", lacks)
    said = r"device cuda:0 has no aten::histc, which .*lacks asks for: write --device cpu"
    with pretended_cuda(), pytest.raises(AlbenchError, match=said):
        small_run(out=tmp_path, device="cuda", **SETTINGS)
