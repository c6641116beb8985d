"""Intervals over test items: right by hand where that can be told, paired by item, by patient, and never invented."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import albench
from albench.compare import Comparison, compare
from albench.disk.files import sealed_text
from albench.errors import StoreError, UserError
from albench.item_predictions import KEY, Labelled, Predictions, record_of
from albench.results.archive import export
from albench.results.records import encode_record, read_trial, trial_folders

TOY = Path(__file__).parents[2] / "plugin_files" / "toy.py"


def compared(
    correct: dict[str, np.ndarray], groups: np.ndarray | None = None, metric: str = "accuracy", **options: Any
) -> Comparison:
    """One label count; strategy -> (S, N) which items each seed's model has right, of two classes."""
    n = next(iter(correct.values())).shape[1]
    y = np.arange(n) % 2
    split = Labelled(y, np.arange(n) if groups is None else groups, groups is not None, ("a", "b"))
    models = {
        (strategy, seed): Predictions(np.where(right, y, 1 - y), None)
        for strategy, of in correct.items()
        for seed, right in enumerate(of)
    }
    rows = [
        {
            **{"suite": "s", "key": f"{strategy}-{seed}", "dataset": "d", "stand_in": "", "method": "supervised"},
            **{"strategy": strategy, "backbone": "mlp", "seed": seed, "protocol": "p", "device": "cpu"},
            **{"round": 0, "n_labeled": 100, "test.accuracy": float((model.predicted == y).mean())},
            "val.accuracy": 1.0,
        }
        for (strategy, seed), model in models.items()
    ]

    def kept(_: str, key: str) -> tuple[Labelled, dict[int, Predictions]]:
        strategy, _, seed = key.rpartition("-")
        return split, {100: models[strategy, int(seed)]}

    return compare(pd.DataFrame(rows), metric=metric, test_items=kept, **options)


def limits(comparison: Comparison, strategy: str = "random", of: str = "value") -> tuple[float, float]:
    row = next(row for row in comparison.rows if row.strategy == strategy)
    found = row.over_items if of == "value" else row.difference and row.difference.over_items
    assert found is not None
    return found.low, found.high


def test_the_interval_of_one_accuracy_is_the_binomial_one() -> None:
    right = np.arange(400)[None] < 320
    low, high = limits(compared({"random": right}))
    half = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert (low, high) == pytest.approx((0.8 - half, 0.8 + half), abs=0.006)


def test_patients_are_drawn_whole() -> None:
    """Four slices of a patient that are right or wrong together are no more than one: the interval is twice as wide."""
    right = np.repeat(np.arange(100) < 80, 4)[None]
    alone = limits(compared({"random": right}))
    whole = limits(compared({"random": right}, groups=np.repeat(np.arange(100), 4)))
    assert (whole[1] - whole[0]) / (alone[1] - alone[0]) == pytest.approx(2, rel=0.1)
    assert compared({"random": right}, groups=np.repeat(np.arange(100), 4)).groups[0].test_items == (
        "400 test items of 100 groups"
    )


def test_a_difference_is_paired_by_item() -> None:
    """Two models of 0.8 and 0.82 that agree but on eight items of 400: its interval is that of these eight."""
    random, better = np.arange(400) < 320, np.arange(400) < 328
    found = compared({"random": np.stack([random] * 3), "entropy": np.stack([better] * 3)})
    low, high = limits(found, "entropy", "difference")
    half = 1.96 * np.sqrt(0.02 * 0.98 / 400)
    assert (low, high) == pytest.approx((0.02 - half, 0.02 + half), abs=0.004)


def test_a_mean_over_seeds_is_drawn_as_one() -> None:
    """Seeds of one same model see the same items: five of them are no surer than one."""
    right = np.arange(200) < 150
    one, five = (limits(compared({"random": np.stack([right] * n)})) for n in (1, 5))
    assert one == pytest.approx(five, abs=1e-12)


def test_the_interval_holds_its_estimate_and_is_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    correct = {name: rng.random((3, 60)) < share for name, share in (("random", 0.7), ("entropy", 0.8))}
    found = compared(correct)
    for row in found.rows:
        assert row.over_items is not None
        assert row.over_items.low <= row.value.mean <= row.over_items.high
    assert [row.over_items for row in compared(correct).rows] == [row.over_items for row in found.rows]


def test_few_groups_have_none() -> None:
    right = np.repeat(np.arange(4) < 3, 10)[None]
    assert compared({"random": right}, groups=np.repeat(np.arange(4), 10)).rows[0].over_items is None


def test_models_that_agree_on_all_items_have_no_interval_of_their_difference() -> None:
    """All resamples of no difference are 0, and a difference that [0, 0] excludes may be there all the same."""
    right = np.stack([np.arange(60) < 50] * 3)
    two, three = right.copy(), right.copy()
    two[:, 50:52], three[:, 50:53] = True, True
    found = {
        row.strategy: row.difference and row.difference.over_items
        for row in compared({"random": right, "same": right, "two": two, "three": three}).rows
    }
    assert found["same"] is None
    assert found["two"] is None
    assert found["three"] is not None


def test_a_model_without_an_error_has_no_interval() -> None:
    assert compared({"random": np.ones((1, 60), dtype=bool)}).rows[0].over_items is None


def starred(correct_by_it: list[int], wrong_by_it: list[int]) -> Comparison:
    """Five seeds, told by t: ``entropy`` has some items right beside ``random``'s, and some wrong."""
    random = np.stack([np.arange(100) < 70 + 2 * (seed % 2) for seed in range(5)])
    entropy = random.copy()
    entropy[:, correct_by_it], entropy[:, wrong_by_it] = True, False
    entropy[0, 98] = True
    found = compared({"random": random, "entropy": entropy}, test="t")
    row = next(row for row in found.rows if row.strategy == "entropy")
    assert row.difference is not None
    assert row.difference.verdict == "better"
    return found


def test_a_star_that_other_items_could_take_away_is_told() -> None:
    """Five seeds agree on three items of 100 more and one less: told over seeds, and nothing to rest on."""
    found = starred([95, 96, 97], [0])
    low, high = limits(found, "entropy", "difference")
    assert low <= 0 < high
    assert [note for note in found.notes if "could turn the sign" in note] == [
        "d: told apart over seeds, but other test items of this kind could turn the sign (the interval over 100 test "
        "items holds 0): supervised/entropy."
    ]


def test_a_star_that_rests_on_two_items_is_told() -> None:
    found = starred([97], [])
    assert [note for note in found.notes if "fewer than three" in note] == [
        "d: told apart over seeds, but by fewer than three test items that other ones may lack: supervised/entropy."
    ]


def test_it_is_of_the_test_split() -> None:
    with pytest.raises(UserError, match="are of split test, not of val"):
        compared({"random": np.ones((1, 9), dtype=bool)}, split="val")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two strategies, two seeds, three rounds on three blobs."""
    out = tmp_path_factory.mktemp("results")
    albench.run(
        dataset="blobs",
        method="supervised",
        strategy=["random", "entropy"],
        seeds=2,
        initial=6,
        query_size=6,
        rounds=3,
        steps=5,
        executor="local",
        plugins=[TOY],
        out=out,
        name="kept",
    )
    return out / "kept"


def test_stored_predictions_give_the_stored_metrics(suite: Path) -> None:
    results = albench.load(suite)
    for folder in trial_folders(suite):
        files = read_trial(folder)
        split, models = results._kept("kept", folder.name)
        assert split is not None
        for record in files.records:
            right = models[record["n_labeled"]].predicted == split.y
            assert right.mean() == pytest.approx(record["test"]["accuracy"], abs=1e-12)


def test_areas_have_intervals_and_archives_give_the_same(suite: Path, tmp_path: Path) -> None:
    found = albench.load(suite).compare(test_items=True)
    assert found.groups[0].test_items == "80 test items"
    assert all(row.over_items and row.over_items.low <= row.aubc.mean <= row.over_items.high for row in found.rows)
    export([suite], tmp_path / "a.zip")
    again = albench.load(tmp_path / "a.zip").compare(test_items=True)
    assert [row.over_items for row in again.rows] == [row.over_items for row in found.rows]


def test_the_table_shows_them_where_they_are_asked_for(suite: Path, command_line: Callable[..., str]) -> None:
    without = command_line(["compare", "kept"], suite.parent)
    with_them = command_line(["compare", "kept", "--test-items"], suite.parent)
    assert "over items" not in without
    assert "vs over items" in with_them
    assert "80 test items" in with_them
    lines = command_line(["compare", "kept", "--test-items", "--format", "csv"], suite.parent).splitlines()
    assert sum(line.startswith("value_over_items,") for line in lines) == 2
    assert sum(line.startswith("difference_over_items,") for line in lines) == 1
    command_line(["report", "kept", "--test-items"], suite.parent)
    assert "AUBC over items" in (suite.parent / "report.html").read_text(encoding="utf-8")


def test_scores_of_many_classes_are_not_kept_and_that_is_said(suite: Path) -> None:
    found = albench.load(suite).compare(test_items=True, metric="auroc")
    assert all(row.over_items is None for row in found.rows)
    assert any("of more than two classes no scores: no auroc" in note for note in found.notes)


def _without_items(folder: Path) -> None:
    files = read_trial(folder)
    facts = {name: value for name, value in files.facts.items() if name not in (KEY, "checksum")}
    (folder / "trial.json").write_text(sealed_text(facts), encoding="utf-8")
    records = [
        {name: value for name, value in record.items() if name not in (KEY, "checksum")} for record in files.records
    ]
    (folder / "rounds.jsonl").write_text("".join(map(encode_record, records)), encoding="utf-8")


def test_trials_of_earlier_versions_have_none_and_that_is_said(suite: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(suite, old)
    _without_items(next(folder for folder in trial_folders(old) if "--random--" in folder.name))
    found = albench.load(old).compare(test_items=True)
    assert [(row.strategy, row.over_items is None) for row in found.rows if row.strategy == "random"] == [
        ("random", True)
    ]
    entropy = next(row for row in found.rows if row.strategy == "entropy")
    assert entropy.over_items is not None
    assert entropy.difference is not None
    assert entropy.difference.over_items is None
    assert any("1 of 4 trials do not keep its predictions" in note for note in found.notes)
    for folder in trial_folders(old):
        _without_items(folder)
    assert any("no trial keeps its predictions" in n for n in albench.load(old).compare(test_items=True).notes)


def test_damage_is_told_with_its_place(suite: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(suite, old)
    folder = next(iter(trial_folders(old)))
    facts = json.loads((folder / "trial.json").read_text(encoding="utf-8"))
    facts.pop("checksum")
    facts[KEY] = {"y": "u1:AAAA"}
    (folder / "trial.json").write_text(sealed_text(facts), encoding="utf-8")
    with pytest.raises(StoreError, match=folder.name):
        albench.load(old).compare(test_items=True)


@pytest.mark.parametrize(
    "kept",
    [record_of(np.eye(3)[[0, 1]]), record_of(np.eye(5)[np.arange(80) % 5]), record_of(np.eye(2)[np.arange(80) % 2])],
    ids=["other items", "other classes", "log odds of three classes"],
)
def test_predictions_of_another_split_are_told_with_their_place(
    suite: Path, tmp_path: Path, kept: dict[str, str]
) -> None:
    old = tmp_path / "old"
    shutil.copytree(suite, old)
    folder = next(iter(trial_folders(old)))
    records = [{**record, KEY: kept} for record in read_trial(folder).records]
    (folder / "rounds.jsonl").write_text("".join(map(encode_record, records)), encoding="utf-8")
    with pytest.raises(StoreError, match=folder.name):
        albench.load(old).compare(test_items=True)


def test_a_flag_is_a_flag(suite: Path) -> None:
    with pytest.raises(UserError, match="write test_items=True or test_items=False"):
        albench.load(suite).compare(test_items="yes")


def test_other_fields_of_a_comparison_stay_as_they_are(suite: Path) -> None:
    results = albench.load(suite)
    plain, more = results.compare(), results.compare(test_items=True)
    for one, other in zip(plain.rows, more.rows, strict=True):
        gap = other.difference and dataclasses.replace(other.difference, over_items=None)
        assert repr(dataclasses.replace(other, over_items=None, difference=gap)) == repr(one)  # NaN equals no NaN
