"""What numbers were made with is kept round by round, and means that mix versions or processors say so."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import albench
from albench.disk.files import read_sealed, sealed_text
from albench.environment import Made, attempted, mix_of, others_than, rounds_made, this_environment
from albench.errors import StoreError, UserError
from albench.render import render
from albench.results.records import read_manifest, trial_folders

TOY = Path(__file__).parents[1] / "plugin_files" / "toy.py"
SMALL = {"batch_size": 16, "initial": 12, "query_size": 8, "evaluations": 2}
OLD, NEW = "2.12.1+cpu", "2.13.0+cpu"
Say = Callable[..., tuple[int, str]]


@pytest.fixture
def torch_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes this process one with another torch, as far as it can tell."""
    return lambda version: monkeypatch.setattr(torch, "__version__", version)


@pytest.fixture
def say(say: Say) -> Say:
    """The command line -> exit code, what it printed with all white space made one."""

    def run(*words: str) -> tuple[int, str]:
        code, printed = say(*words)
        return code, " ".join(printed.split())

    return run


def facts_of(folder: Path) -> list[dict[str, Any]]:
    return [read_sealed(trial / "trial.json") for trial in trial_folders(folder)]


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One seed of an older torch, one of a newer."""
    out = tmp_path_factory.mktemp("two_versions")
    words: dict[str, Any] = {"dataset": "blobs", "method": "fixmatch", "strategy": ["random", "entropy"]}
    words |= {**SMALL, "rounds": 2, "steps": 2, "executor": "local", "plugins": [TOY], "out": out}
    with pytest.MonkeyPatch.context() as patch:
        for version, seeds in ((OLD, [0]), (NEW, [0, 1])):
            patch.setattr(torch, "__version__", version)
            albench.run(**words, seeds=seeds)
    return out / "blobs"


@pytest.fixture
def mixed(two_versions: Path, torch_is: Callable[[str], None], tmp_path: Path) -> Path:
    """A copy of them, in a process of the newer."""
    torch_is(NEW)
    return Path(shutil.copytree(two_versions, tmp_path / "results" / "blobs"))


def test_every_run_keeps_its_versions_and_every_trial_says_which_run_made_it(mixed: Path) -> None:
    runs = {run["id"]: run for run in read_manifest(mixed)["runs"]}
    assert [run["versions"]["torch"] for run in runs.values()] == [OLD, NEW]
    assert all(run["host"]["processor"] and run["determinism"] and run["plugins"] for run in runs.values())
    for facts in facts_of(mixed):
        (attempt,) = facts["attempts"]
        wanted = OLD if facts["seed"] == 0 else NEW
        assert attempt["made_with"]["torch"] == wanted == runs[attempt["run"]]["versions"]["torch"]
        assert attempt["made_with"]["processor"] == this_environment()["processor"]
        assert "python" not in attempt["made_with"]


def test_loaded_frames_can_be_filtered_by_version_and_run(mixed: Path) -> None:
    frame = albench.load(mixed).frame
    assert frame.groupby("made_with.torch")["seed"].unique().map(list).to_dict() == {OLD: [0], NEW: [1]}
    assert frame.groupby("run")["seed"].nunique().tolist() == [1, 1]
    old = frame[frame["made_with.torch"] == OLD]
    assert not [note for note in albench.compare.compare(old).notes if "made with" in note]


def test_a_trial_whose_rounds_two_versions_made_is_known(
    small_run: Any, torch_is: Callable[[str], None], tmp_path: Path
) -> None:
    torch_is(OLD)
    small_run(rounds=3, steps=2)
    (trial,) = trial_folders(tmp_path / "results" / "blobs")
    lines = (trial / "rounds.jsonl").read_bytes().splitlines(keepends=True)
    (trial / "rounds.jsonl").write_bytes(b"".join(lines[:1]))
    torch_is(NEW)
    results = small_run(rounds=3, steps=2)
    assert results.frame["made_with.torch"].tolist() == [OLD, NEW, NEW]
    assert results.frame["run"].nunique() == 2
    (note,) = [note for note in results.compare().notes if "made with" in note]
    assert f"torch {OLD} (1 trial) and {NEW} (1 trial) (1 with several)" in note


def test_a_trial_made_again_forgets_what_its_lost_rounds_were_made_with(
    small_run: Any, torch_is: Callable[[str], None], tmp_path: Path
) -> None:
    """A warm start whose checkpoint is gone begins anew, after ``trial.json`` was written."""
    torch_is(OLD)
    small_run(rounds=3, steps=2, start="warm")
    (trial,) = trial_folders(tmp_path / "results" / "blobs")
    lines = (trial / "rounds.jsonl").read_bytes().splitlines(keepends=True)
    (trial / "rounds.jsonl").write_bytes(b"".join(lines[:1]))
    torch_is(NEW)
    results = small_run(rounds=3, steps=2, start="warm")
    assert results.frame["made_with.torch"].tolist() == [NEW, NEW, NEW]
    assert [attempt["round"] for attempt in facts_of(trial.parents[1])[0]["attempts"]] == [0]


@pytest.mark.usefixtures("mixed")
def test_a_run_says_before_it_begins_what_other_versions_made(say: Say, toy: str) -> None:
    words = ("--plugin", toy, "-d", "blobs", "-m", "fixmatch", "-s", "random", "--executor", "local", "--steps", "2")
    words += ("--rounds", "2", "--initial", "12", "--query-size", "8", "--set", "batch_size=16")
    words += ("--set", "evaluations=2", "--seeds", "3")
    code, shown = say("run", *words)
    assert code == 0
    told = f"2 trials in results/blobs were made with torch {OLD}, here {NEW}: one seed may give other numbers"
    assert shown.index(told) < shown.index("[1/1]")
    code, shown = say("run", *words, "--dry-run")
    assert told in shown
    before = sorted(Path().rglob("*"))
    code, shown = say("run", *words, "--strict")
    assert code == 2
    assert shown.startswith(f"Error: --strict: {told}")
    assert sorted(Path().rglob("*")) == before
    assert say("run", *words, "-s", "entropy", "--strict", "--fresh")[0] == 0
    assert say("run", *words, "--strict")[0] == 0


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_tables_in_every_format_say_what_they_mix(mixed: Path, form: str) -> None:
    text = render(albench.load(mixed).compare(), form)
    said = f"made with torch {OLD} (2 trials) and {NEW} (2 trials)"
    if form == "csv":
        assert any(said in line["text"] for line in csv.DictReader(io.StringIO(text)) if line["kind"] == "note")
    elif form == "json":
        assert any(said in note for note in json.loads(text)["notes"])
    else:
        assert said in text


@pytest.mark.parametrize(
    "words", [("compare",), ("report", "--output", "r.html"), ("plot", "--output", "p.svg")], ids=lambda words: words[0]
)
def test_strict_refuses_what_is_mixed_and_takes_what_is_not(mixed: Path, say: Say, words: tuple[str, ...]) -> None:
    if words[0] == "plot":
        pytest.importorskip("matplotlib")
    code, shown = say(*words, str(mixed))
    assert code == 0
    assert words[0] == "report" or f"torch {OLD} (2 trials) and {NEW} (2 trials)" in shown
    if words[0] == "report":
        assert f"torch {OLD} (2 trials) and {NEW} (2 trials)" in Path("r.html").read_text()
    for path in Path().glob("*.*"):
        path.unlink()
    code, shown = say(*words, str(mixed), "--strict")
    assert (code, list(Path().glob("*.*"))) == (2, [])
    assert shown.startswith("Error: --strict: blobs: its trials were made with torch")
    for trial in trial_folders(mixed):
        if "--s1--" in trial.name:
            (trial / "trial.json").unlink()
    assert say(*words, str(mixed), "--strict")[0] == 0


def test_merge_and_export_say_what_they_mix_and_merge_can_refuse(
    small_run: Any, torch_is: Callable[[str], None], tmp_path: Path, say: Say
) -> None:
    torch_is(OLD)
    small_run(seeds=[0], rounds=2, steps=2, out=tmp_path / "one")
    torch_is(NEW)
    small_run(seeds=[1], rounds=2, steps=2, out=tmp_path / "two")
    said = f"made with torch {OLD} (1 trial) and {NEW} (1 trial)"
    assert say("export", "one", "--output", "one.zip") == (0, say("export", "one", "--output", "one.zip", "--force")[1])
    code, shown = say("merge", "one.zip", "two", "--output", "no", "--strict")
    assert (code, Path("no").exists()) == (2, False)
    assert shown.startswith("Error: --strict: suite blobs, blobs (")
    assert said in shown
    code, shown = say("merge", "one.zip", "two", "--output", "both")
    assert code == 0
    assert said in shown
    assert said in say("export", "both", "--output", "both.zip")[1]
    runs = {run["id"]: run["versions"]["torch"] for run in read_manifest(Path("both/blobs"))["runs"]}
    assert sorted(runs.values()) == [OLD, NEW]
    for facts in facts_of(Path("both/blobs")):
        (attempt,) = facts["attempts"]
        assert runs[attempt["run"]] == attempt["made_with"]["torch"] == (NEW if facts["seed"] else OLD)


def test_a_first_round_that_another_version_left_is_made_again(
    small_run: Any, torch_is: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from albench.trial.first_round import SharedRounds

    torch_is(OLD)
    monkeypatch.setattr(SharedRounds, "drop", lambda *_: None)
    small_run(strategy=["random", "entropy"], rounds=2, steps=2)
    shared = tmp_path / "results" / "blobs" / "shared"
    (left,) = shared.glob("*.pt")
    before = left.read_bytes()
    small_run(strategy=["random", "margin", "entropy"], rounds=2, steps=2, fresh=True)
    assert left.read_bytes() == before, "what the same version left is taken"
    torch_is(NEW)
    small_run(strategy=["random", "margin", "entropy"], rounds=2, steps=2, fresh=True)
    assert left.read_bytes() != before


def test_what_is_kept_is_of_the_process_that_computes(
    small_run: Any, torch_is: Callable[[str], None], tmp_path: Path
) -> None:
    real = str(torch.__version__)
    torch_is(OLD)
    small_run(seeds=2, rounds=2, steps=2, executor="processes[workers=1]")
    folder = tmp_path / "results" / "blobs"
    assert {facts["attempts"][0]["made_with"]["torch"] for facts in facts_of(folder)} == {real}
    assert [run["versions"]["torch"] for run in read_manifest(folder)["runs"]] == [OLD]
    results = small_run(
        **{"seeds": 2, "rounds": 2, "steps": 2, "executor": "processes[workers=1]", "strict": True},
        **{"fresh": True, "on_failure": "keep"},
    )
    reasons = set(results.failed["reason"])
    assert reasons == {
        f"--strict: the process that has the trial is not as the one that began the run: torch {OLD}, here {real}."
    }


def test_trials_of_before_are_unknown_and_told_where_they_are_mixed(small_run: Any, tmp_path: Path) -> None:
    """Folders of a version that did not keep it go on and open as before."""
    small_run(rounds=2, steps=2, seeds=2)
    folder = tmp_path / "results" / "blobs"
    for trial in trial_folders(folder):
        facts = read_sealed(trial / "trial.json")
        del facts["attempts"]
        (trial / "trial.json").write_text(sealed_text(facts))
    results = albench.load(folder)
    assert set(results.frame["run"]) == {""}
    assert not [note for note in results.compare().notes if "made with" in note]
    with pytest.raises(UserError, match=r"--strict: blobs: .* versions that were not kept \(2 trials\)"):
        results.compare(strict=True)
    with pytest.raises(StoreError, match=r"--strict: 2 trials in .* were made with versions that were not kept"):
        small_run(rounds=2, steps=2, seeds=3, strict=True)
    results = small_run(rounds=2, steps=2, seeds=3)
    (note,) = [note for note in results.compare().notes if "made with" in note]
    assert "versions that were not kept (2 trials)" in note


@pytest.mark.parametrize(
    "attempts",
    [
        *(None, "x", 3, {}, [3], [{}], [{"run": 1, "round": 0, "made_with": {}}]),
        *([{"run": "r", "round": "0", "made_with": {}}], [{"run": "r", "round": -1, "made_with": {}}]),
        [{"run": "r", "round": 0, "made_with": {"torch": 2}}],
        [{"run": "r", "round": 0, "made_with": {"torch": "\x1b[31m"}}],
    ],
    ids=str,
)
def test_what_a_stranger_says_of_attempts_is_right_or_unknown(attempts: Any) -> None:
    assert rounds_made({"attempts": attempts}, 2) == [Made(), Made()]


def test_the_last_attempt_at_a_round_made_it() -> None:
    facts: dict[str, Any] = {"protocol": {"rounds": 4}}
    a, b, c = (Made(name, {"torch": name}) for name in "abc")
    facts = attempted({}, facts, a, 0)
    facts = attempted(facts, facts, b, 2)
    assert rounds_made(facts, 4) == [a, a, b, b]
    facts = attempted(facts, facts, c, 1)
    assert rounds_made(facts, 4) == [a, c, c, c]
    assert attempted(facts, facts, b, 4)["attempts"] == facts["attempts"], "a complete trial is not attempted"


def test_only_what_both_have_can_differ() -> None:
    """A component of another plugin, in one row alone, makes no difference between versions."""
    assert not mix_of([[{"torch": "1", "mine": "1"}], [{"torch": "1"}]])
    assert mix_of([[{"torch": "1"}], [{"torch": "2"}]]).values == {"torch": {"1": 1, "2": 1}}
    assert others_than({"torch": "2"}, [[{"torch": "1"}], [{"torch": "2", "mine": "1"}]]) == (1, "torch 1, here 2")
