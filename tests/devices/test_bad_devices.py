"""A device that fills up, goes or lacks something while trials run on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from albench.api.executor import Event, Note
from albench.api.method import Method
from albench.bench.measure import measure
from albench.errors import AlbenchError, DeviceLacks, DeviceLost, DeviceStopped
from albench.extract import extract
from albench.results.records import read_trial, suite_folders, trial_folders, without_measured
from albench.selection import select
from albench.session import Silent
from albench.suite.settings import RunSettings
from albench.testing.pretended import Account, pretended_cuda

FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
ASSERTED = torch.AcceleratorError("CUDA error: device-side assert triggered\nCUDA kernel errors might be")
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


def test_an_assert_on_the_device_is_its_components_and_ends_the_run(
    tmp_path: Path, small_run: Callable[..., Any]
) -> None:
    said = (
        r"supervised \+ entropy on \w+, seed 0, asked device cuda:0 for what is not there, .*\(CUDA error: device-side"
    )
    settings = SETTINGS | {"seeds": 2, "device": "cuda"}
    with pretended_cuda() as account, pytest.raises(DeviceLost, match=said):
        small_run(out=tmp_path / "bad", listener=failing_in_round_1(account, ASSERTED), **settings)
    kept = records(tmp_path / "bad")
    assert [len(each) for each in kept.values()] == [1]  # the next was not begun
    (outcome,) = (tmp_path / "bad").rglob("outcome.json")  # and this one failed
    assert "shows the place" in outcome.read_text("utf-8")
    with pretended_cuda():
        small_run(out=tmp_path / "bad", **settings)
        small_run(out=tmp_path / "whole", **settings)
    assert records(tmp_path / "bad") == records(tmp_path / "whole")


def test_an_extraction_reads_fewer_items_at_once_and_goes_on_so(tmp_path: Path, toy: str) -> None:
    def run(name: str, error: Exception | None = None) -> Any:
        """In blocks of 80, with an error at once where nothing is to fit, else after the first block."""
        settings = RunSettings(out=tmp_path / name, plugin_files=(toy,), device="cuda")
        left = [error] if error else []
        with pretended_cuda(autocast=False) as account:
            if name == "none":
                account.fail(left.pop())
            return extract("blobs", "mlp", settings, block=80, tell=lambda *_: left and account.fail(left.pop()))

    def arrays(name: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (tmp_path / name).glob("*.npy")}

    whole, halved = run("whole"), run("halved", FULL)
    assert (whole.at_once, halved.at_once) == (64, 32)
    for split in ("train", "val", "test"):
        one, other = (np.load(tmp_path / name / f"{split}-features.npy") for name in ("whole", "halved"))
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    with pytest.raises(DeviceLost, match=r"what is complete in .*cut is whole; run the same command again"):
        run("cut", GONE)
    assert run("cut").at_once == 64
    assert arrays("cut") == arrays("whole")
    with pytest.raises(
        DeviceLacks, match=r"not even one item at a time fits: take a smaller backbone .*and another --out"
    ):
        run("none", FULL)
    assert not (tmp_path / "none").exists()
    assert run("halved").at_once == 32  # as its folder says


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (FULL, DeviceLacks, r"no memory left: choose from a part of the pool, .*, or write device='cpu' \(CUDA"),
        (GONE, DeviceLost, r"answers no more .*: start Python again, or with device='cpu'"),
        (ASSERTED, DeviceStopped, "strategy coreset, or the model, asked device cuda:0 for what is not there"),
    ],
)
def test_select_says_it_in_one_line(error: Exception, kind: type[AlbenchError], said: str) -> None:
    embeddings = torch.rand(50, 4, generator=torch.Generator().manual_seed(0))
    with pretended_cuda() as account:
        there = embeddings.to("cuda")
        account.fail(error, 3)
        with pytest.raises(kind, match=said) as raised:
            select("coreset", 5, embeddings=there)
    assert "\n" not in str(raised.value)


def test_a_benchmark_says_it_in_one_line() -> None:
    said = r"no memory left: end what else computes there, or write --small, or write --device cpu \(CUDA out of memory"
    with pretended_cuda() as account:
        account.fail(FULL, 5)
        with pytest.raises(DeviceLacks, match=said):
            measure("cuda:0", lambda _: None, small=True)
