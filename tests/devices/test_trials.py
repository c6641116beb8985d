"""Whole trials on the pretended device: as on the CPU, checkpointed and resumed; features, speed, selection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from interrupting import Interrupting

import albench
from albench.api.method import Batch
from albench.bench.measure import measure
from albench.bench.measured import TimedCase
from albench.bench.steps import begun
from albench.extract.features import extract
from albench.results.records import read_trial, suite_folders, trial_folders, without_measured
from albench.suite.settings import RunSettings
from albench.testing.pretended import pretended_cuda

Run = Callable[..., dict[int, list[dict[str, Any]]]]
METRIC = 1e-4
"""How far a metric may be from the CPU's, where images lie in memory in another order."""


@pytest.fixture
def records(tmp_path: Path, small_run: Callable[..., Any]) -> Run:
    """A small run into a folder -> seed -> the records of its trial."""

    def carried_out(folder: str, **settings: Any) -> dict[int, list[dict[str, Any]]]:
        out = tmp_path / folder
        with contextlib.suppress(KeyboardInterrupt):
            small_run(out=out, share=False, **{"rounds": 2, "strategy": "entropy", "method": "boostmis", **settings})
        trials = [read_trial(path) for suite in suite_folders(out) for path in trial_folders(suite)]
        return {t.facts["seed"]: [without_measured(record) for record in t.records] for t in trials}

    return carried_out


@pytest.mark.parametrize(
    "settings",
    [{"start": "warm"}, {"start": "cold", "strategy": "coreset"}, {"seeds": 2, "lanes": "2"}],
    ids=["warm", "cold", "lanes"],
)
def test_a_trial_on_vectors_has_the_records_of_the_cpu(records: Run, settings: dict[str, Any]) -> None:
    expected = records("cpu", device="cpu", **settings)
    with pretended_cuda(autocast=False) as account:
        given = records("cuda", device="cuda", **settings)
    assert given == expected
    assert len(given) == settings.get("seeds", 1)
    assert account.count("kernels") > 1000
    assert not account.sums
    assert not account.draws


def test_a_trial_on_images_has_the_queries_of_the_cpu(records: Run) -> None:
    settings = {"dataset": "stripes", "backbone": "cnn", "start": "warm"}
    expected = records("cpu", device="cpu", **settings)[0]
    with pretended_cuda(autocast=False):
        given = records("cuda", device="cuda", **settings)[0]
    assert [record["queried"] for record in given] == [record["queried"] for record in expected]
    for one, other in zip(given, expected, strict=True):
        for name, value in one["test"].items():
            assert value == pytest.approx(other["test"][name], abs=METRIC)


@pytest.mark.parametrize("start", ["warm", "cold"])
def test_a_trial_that_was_interrupted_goes_on_as_if_it_had_not_been(records: Run, start: str) -> None:
    with pretended_cuda():
        whole = records("whole", device="cuda", start=start)
        assert len(records("part", device="cuda", start=start, listener=Interrupting(1))[0]) == 1
        assert records("part", device="cuda", start=start) == whole


@pytest.mark.parametrize("backbone", ["linear[solver=steps]", "linear", "sklearn[model=naive-bayes]"])
def test_other_learners_have_the_records_of_the_cpu(records: Run, backbone: str) -> None:
    settings = {"backbone": backbone, "method": "supervised"}
    expected = records("cpu", device="cpu", **settings)
    with pretended_cuda(autocast=False):
        assert records("cuda", device="cuda", **settings) == expected


@pytest.mark.parametrize("strategy", ["coreset", "kmeans", "probcover", "typiclust"])
def test_first_labels_are_those_of_the_cpu(records: Run, strategy: str) -> None:
    settings = {"initial_strategy": strategy, "rounds": 1, "steps": 2, "method": "supervised"}
    expected = records("cpu", device="cpu", **settings)[0][0]["initial_hash"]
    with pretended_cuda() as account:
        given = records("cuda", device="cuda", **settings)[0][0]["initial_hash"]
    assert given == expected
    assert not account.told("sums") + account.told("draws")


def test_training_waits_where_a_round_begins_and_validates_alone(records: Run) -> None:
    waits = []
    for steps in (8, 24):
        with pretended_cuda() as account:
            records(str(steps), device="cuda", rounds=1, steps=steps)
        waits.append({where: number for (_, where), number in account.waits.items() if "training" in where})
    assert waits[0] == waits[1]


def test_extracted_features_are_those_of_the_cpu(tmp_path: Path, toy: str) -> None:
    def features(device: str) -> list[np.ndarray]:
        settings = RunSettings(out=tmp_path / device, device=device, plugin_files=(toy,))
        extract("stripes", "cnn", settings, block=64)
        return [np.load(file) for file in sorted(settings.out.glob("*-features.npy"))]

    expected = features("cpu")
    with pretended_cuda() as account:
        given = features("cuda")
    assert not any("upload" in what for what, where in account.waits if where.endswith("_embed"))
    assert len(given) == 3
    for one, other in zip(given, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_the_speed_of_the_device_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "albench.bench.measure.start_seconds", lambda: 1.0
    )  # another process, and no matter of a device
    with pretended_cuda() as account:
        measured = measure("cuda:0", lambda _: None, small=True)
    assert measured["rates"]["bfloat16"] > 0
    assert {"steps", "lanes", "queries"} <= measured.keys()
    assert account.count("kernels") > 1000


def test_items_are_selected_on_the_device_as_on_the_cpu() -> None:
    x = np.random.Generator(np.random.PCG64(0)).standard_normal((60, 4)).astype(np.float32)
    expected = albench.select("coreset", 5, embeddings=x, device="cpu")
    with pretended_cuda() as account:
        given = albench.select("coreset", 5, embeddings=x, device="cuda")
    assert torch.equal(torch.as_tensor(given), torch.as_tensor(expected))
    assert account.count("kernels")


def test_models_and_checkpoints_cost_one_copy_a_type(records: Run) -> None:
    with pretended_cuda() as account:
        records("cuda", device="cuda", start="warm", dataset="stripes", backbone="cnn")
    waits: dict[str, int] = {}
    for (_, where), count in account.waits.items():
        waits[where] = waits.get(where, 0) + count
    assert waits["albench.training.learner.placed"] == 1
    assert (
        waits["albench.disk.host.on_host"] <= 3 * 3
    )  # two models are named and one checkpoint is kept, of three types


def test_views_of_many_steps_are_made_in_one_call_and_are_those_of_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    case = TimedCase("cnn", (1, 8, 8), 4, 200, method="fixmatch")
    monkeypatch.setattr("albench.training.batches.GROUP_ITEMS", 64)  # four steps

    def batches(device: str) -> list[Batch]:
        (run,) = begun(case, device, steps=11, batch_size=8)
        return list(run.batches(0))

    expected = batches("cpu")
    counts = []
    for limit in (0, 8192):  # four steps in one call, and all of them
        monkeypatch.setattr("albench.training.batches.DEVICE_ITEMS", limit)
        with pretended_cuda() as account:
            given = batches("cuda:0")
            counts.append(account.count("kernels"))
            for one, other in zip(given, expected, strict=True):
                assert torch.equal(one.x_lab.cpu(), other.x_lab)
                for name, view in one.views.items():
                    torch.testing.assert_close(view.cpu(), other.views[name], rtol=0, atol=1e-6)
    assert counts[1] < 0.5 * counts[0]
