"""Tuning on validation labels: what is best is found, once for all strategies, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.errors import TrialError, UserError
from albench.results.records import read_trial, trial_folders

COUNTED = str(Path(__file__).parents[2] / "plugin_files" / "counted.py")
LRS = {"tune": "lr=0.000001,0.1", "method": "supervised", "rounds": 2, "validation": "all"}
TUNED = ["--set", "batch_size=16", "--initial", "12", "--query-size", "8", "--steps", "8", "--set", "evaluations=2"]
TUNED += ["--set", "validation=all"]


def records(folder: Path) -> list[dict[str, Any]]:
    return [record for path in trial_folders(folder) for record in read_trial(path).records]


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the plugin file writes down the rounds that are begun."""
    monkeypatch.setenv("COUNTED_IN", str(tmp_path))
    return tmp_path


def begun(folder: Path) -> int:
    """Rounds that were begun, those of tries among them."""
    return len((folder / "begun").read_text().split())


def test_the_rate_that_learns_is_found_and_trains_every_round(small_run: Callable[..., Any], tmp_path: Path) -> None:
    """With a rate of a millionth nothing is learnt in eight steps."""
    tuned = small_run(**LRS, name="tuned").frame
    made = records(tmp_path / "results" / "tuned")
    assert [record["tuned"]["values"] for record in made] == [{"lr": "0.1"}] * 2
    assert [each["values"] for each in made[0]["tuned"]["tries"]] == [{"lr": "1e-06"}, {"lr": "0.1"}]
    low, high = (each["score"] for each in made[0]["tuned"]["tries"])
    assert low < high == made[0]["tuned"]["score"]
    assert made[0]["seconds"]["tune"] > 0
    assert "tries" not in made[1]["tuned"]
    assert "tune" not in made[1]["seconds"]
    by_hand = small_run(method="supervised", rounds=2, lr=0.1, validation="all", name="by-hand").frame
    assert tuned["test.macro_f1"].tolist() == by_hand["test.macro_f1"].tolist(), "streams of tries touch no trial's"
    assert tuned["tuned"].tolist() == ["lr=0.1"] * 2
    assert tuned["tuned.tries"].dropna().tolist() == [2]


def test_every_row_has_the_same_tries_and_strategies_share_them(
    small_run: Callable[..., Any], counted: Path, toy: str
) -> None:
    results = small_run(
        method=["counted", "supervised"],
        strategy=["random", "entropy"],
        plugins=[toy, COUNTED],
        tune={"lr": [0.01, 0.1], "counted.weight": [0.5, 1, 2]},
        rounds=1,
        seeds=2,
        validation="all",
    )
    assert set(results.frame["tuned.tries"]) == {6}
    assert begun(counted) == 2 * 6 + 2 * 2, (
        "tries of two seeds once for both strategies; of their trials one takes a first round as it is, but begins it"
    )
    (note,) = (note for note in results.compare().notes if "tuned" in note)
    assert "6 tries a row and seed, chosen by macro_f1 on each seed's own validation labels" in note
    own = results.frame.groupby(["method", "seed"])["tuned"].nunique()
    assert (own == 1).all()


def test_options_of_the_method_are_in_force(small_run: Callable[..., Any]) -> None:
    results = small_run(
        tune="fixmatch.weight=0,1; fixmatch.threshold=0.1,0.2", rounds=1, validation="all", name="tuned"
    )
    values = dict(part.split("=") for part in results.frame["tuned"][0].split(", "))
    spec = f"fixmatch[threshold={values['fixmatch.threshold']},weight={values['fixmatch.weight']}]"
    by_hand = small_run(method=spec, rounds=1, validation="all", name="by-hand")
    names = ["test.macro_f1", "pseudo_label.accepted", "test.ece"]
    assert results.frame[names].to_numpy().tolist() == by_hand.frame[names].to_numpy().tolist()


def test_a_tuning_that_was_killed_goes_on(
    counted: Path, toy: str, nursery: Any, small_run: Callable[..., Any], tmp_path: Path, stable_records: Any
) -> None:
    """A real SIGKILL in the fourth of six tries, which a sampler draws."""
    settings = {"method": "counted", "plugins": [toy, COUNTED], "rounds": 1, "tune": "lr=0.001..1:log", "tries": 6}
    settings["validation"] = "all"
    small_run(**settings, name="whole")
    assert begun(counted) == 7
    (counted / "begun").unlink()
    (counted / "kill").write_text("4")
    words = ["run", "-d", "blobs", "-m", "counted", "-s", "random", "--plugin", toy, "--plugin", COUNTED]
    words += [
        *TUNED,
        "--rounds",
        "1",
        "--seeds",
        "1",
        "--executor",
        "local",
        "--tune",
        "lr=0.001..1:log",
        "--tries",
        "6",
    ]
    done = nursery.run(*words, "--name", "killed", "--out", str(tmp_path / "results"), cwd=tmp_path)
    assert done.returncode == -9
    assert begun(counted) == 4
    (counted / "kill").unlink()
    small_run(**settings, name="killed")
    assert begun(counted) == 4 + 3 + 1, "three tries were kept; the killed one and two more were made, and the round"
    whole, killed = (stable_records(tmp_path / "results" / name) for name in ("whole", "killed"))
    assert list(whole.values()) == list(killed.values())


def test_two_processes_tune_once(counted: Path, toy: str, nursery: Any, tmp_path: Path) -> None:
    words = ["run", "-d", "blobs", "-m", "counted", "--plugin", toy, "--plugin", COUNTED, *TUNED, "--rounds", "1"]
    words += ["--seeds", "1", "--executor", "local", "--tune", "lr=0.01,0.1,1", "--name", "both"]
    pids = [
        nursery.start([*words, "-s", name, "--out", str(tmp_path / "results")], tmp_path / name, cwd=tmp_path)
        for name in ("random", "entropy")
    ]
    assert [nursery.wait(pid) for pid in pids] == [0, 0], [(tmp_path / n).read_text() for n in ("random", "entropy")]
    assert begun(counted) == 3 + 2
    first, second = records(tmp_path / "results" / "both")
    assert first["tuned"] == second["tuned"]


def test_one_seeds_labels_may_choose_for_all(small_run: Callable[..., Any], tmp_path: Path) -> None:
    results = small_run(**LRS, tune_seed=0, seeds=[0, 3])
    (file,) = (tmp_path / "results" / "blobs" / "tuning").glob("*.json")
    assert json.loads(file.read_text())["seed"] == 0
    assert "seed 0's validation labels" in "".join(map(str, results.compare().caveats))


def test_every_round_may_be_tuned_for_itself(small_run: Callable[..., Any], tmp_path: Path) -> None:
    results = small_run(**LRS, tune_when="every", strategy=["random", "entropy"])
    assert results.frame["tuned.tries"].tolist() == [2] * 4
    files = [json.loads(path.read_text()) for path in (tmp_path / "results" / "blobs" / "tuning").glob("*.json")]
    assert sorted(file["n_labeled"] for file in files) == [12, 20, 20], "the first round is shared"


def test_tries_see_the_validation_labels_that_are_paid_for(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(**{**LRS, "validation": "7"})
    (file,) = (tmp_path / "results" / "blobs" / "tuning").glob("*.json")
    content = json.loads(file.read_text())
    assert (content["n_validation"], content["n_labeled"], content["seed"]) == (7, 12, 0)


def test_what_diverges_is_not_chosen_and_a_row_without_any_fails(small_run: Callable[..., Any]) -> None:
    frame = small_run(**{**LRS, "tune": "lr=0.1,1e30"}).frame
    assert set(frame["tuned"]) == {"lr=0.1"}
    with pytest.raises(TrialError, match="tuning: none of 2 tries came to its end: failed: "):
        small_run(**{**LRS, "tune": "lr=1e30,1e31"}, name="none")


def test_a_damaged_choice_is_made_anew_from_its_tries(
    small_run: Callable[..., Any], counted: Path, toy: str, tmp_path: Path
) -> None:
    settings = {"method": "counted", "plugins": [toy, COUNTED], "rounds": 1, "tune": "lr=0.01,0.1,1"}
    settings["validation"] = "all"
    first = small_run(**settings).frame["tuned"].tolist()
    (file,) = (tmp_path / "results" / "blobs" / "tuning").glob("*.json")
    file.write_text(file.read_text()[:40])
    assert small_run(**settings, strategy="entropy").frame["tuned"].tolist() == first
    assert begun(counted) == 3 + 1 + 1


def test_without_optuna_it_is_told_what_to_install(
    small_run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "optuna" else real(name, *more)
    )
    with pytest.raises(UserError, match=r"tuning needs Optuna: pip install 'albench\[tune\]'"):
        small_run(**LRS)
