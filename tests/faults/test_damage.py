"""What a power cut or a bad disk leaves is noticed, told, and made again or refused; it is never read as data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.disk.files import load_tensors, save_tensors
from albench.errors import StoreError
from albench.results.load import load
from albench.results.records import FORMAT

Notes = Callable[..., list[str]]
Stable = Callable[[Path], dict[str, list[dict[str, Any]]]]
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warm trial with the checkpoint of its round 1, as it was when round 2 was about to be carried out."""
    import albench
    from albench.results.store import TrialStore

    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrialStore, "drop_checkpoints", lambda *_, **__: None)
        albench.run(**settings(folder))
    return folder


def settings(out: Path) -> dict[str, Any]:
    toy = Path(__file__).parents[1] / "plugin_files" / "toy.py"
    small = {"batch_size": 16, "initial": 12, "query_size": 8, "rounds": 3, "steps": 8, "evaluations": 2}
    return {
        **{"dataset": "blobs", "strategy": "random", "method": "fixmatch", "seeds": 1, "executor": "local"},
        **{"plugins": [str(toy)], "out": out, "start": "warm", **small},
    }


@pytest.fixture
def trial(made: Path, tmp_path: Path) -> Path:
    """That trial's folder, where ``notes`` goes on with it."""
    shutil.copytree(made, tmp_path / "results")
    (folder,) = (tmp_path / "results" / "blobs" / "trials").iterdir()
    return folder


def cut(name: str, n_bytes: int) -> Damage:
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) - n_bytes] if n_bytes else b"")

    return damage


def flip(name: str, find: bytes, put: bytes) -> Damage:
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert find in content
        (folder / name).write_bytes(content.replace(find, put, 1))

    return damage


def zero_tail(name: str, n_bytes: int) -> Damage:
    """As a file system leaves a file whose size, but not its content, was on the disk."""

    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) - n_bytes] + b"\0" * n_bytes)

    return damage


def add(name: str, content: bytes) -> Damage:
    def damage(folder: Path) -> None:
        with (folder / name).open("ab") as handle:
            handle.write(content)

    return damage


def middle_line(folder: Path) -> None:
    lines = (folder / "rounds.jsonl").read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"n_labeled":20', b'"n_labeled":21')
    (folder / "rounds.jsonl").write_bytes(b"".join(lines))


def twice(folder: Path) -> None:
    lines = (folder / "rounds.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "rounds.jsonl").write_bytes(b"".join([*lines[:2], lines[1], *lines[2:]]))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (cut("rounds.jsonl", 1), "line 3 is torn"),
        (cut("rounds.jsonl", 200), "line 3 is torn"),
        (zero_tail("rounds.jsonl", 300), "line 3 is torn"),
        (add("rounds.jsonl", b"\0" * 4096), "line 4 is torn"),
        (middle_line, "line 2 is damaged"),
        (twice, "line 3 is damaged"),
        (flip("trial.json", b'"seed": 0', b'"seed": 1'), "trial.json is damaged: its checksum does not fit"),
        (cut("trial.json", 40), "trial.json is damaged"),
        (cut("trial.json", 0), "trial.json is damaged: it is empty"),
        (zero_tail("trial.json", 4000), "trial.json is damaged"),
        (flip("trial.json", b'"key"', b'"k\xff"'), "trial.json is damaged: it is not text"),
        (lambda folder: (folder / "trial.json").unlink(), "trial.json is missing"),
        (add("outcome.json", b"{"), "outcome.json is damaged"),
        (add("outcome.json", b""), "outcome.json is damaged: it is empty"),
    ],
)
def test_damaged_files_of_a_trial_are_told_and_made_again(
    damage: Damage, told: str, trial: Path, made: Path, notes: Notes, stable_records: Stable
) -> None:
    damage(trial)
    assert [told in note for note in notes(start="warm")].count(True) == 1
    assert stable_records(trial.parents[1]) == stable_records(made / "blobs")
    assert not notes(start="warm"), "the second run finds nothing"
    assert load(trial.parents[1]).failed.empty


def old_version(folder: Path) -> None:
    content = load_tensors(folder / "checkpoint-1.pt", FORMAT)
    assert isinstance(content, dict)
    save_tensors(folder / "checkpoint-1.pt", {**content, "format": 0})


def of_torch_alone(folder: Path) -> None:
    import torch

    content = load_tensors(folder / "checkpoint-1.pt", FORMAT)
    torch.save(content, folder / "checkpoint-1.pt")


def one_weight(folder: Path) -> None:
    content = bytearray((folder / "checkpoint-1.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "checkpoint-1.pt").write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / "checkpoint-1.pt").unlink(), "checkpoint-1.pt is missing"),
        (cut("checkpoint-1.pt", 0), "checkpoint-1.pt is damaged"),
        (cut("checkpoint-1.pt", 1000), "checkpoint-1.pt is damaged"),
        (zero_tail("checkpoint-1.pt", 1000), "checkpoint-1.pt is damaged"),
        (one_weight, "checkpoint-1.pt is damaged"),
        (old_version, "checkpoint-1.pt is of another version"),
        (of_torch_alone, "checkpoint-1.pt is damaged, or of another version"),
    ],
)
def test_a_bad_checkpoint_is_told_and_the_trial_made_again(
    damage: Damage, told: str, trial: Path, made: Path, notes: Notes, stable_records: Stable
) -> None:
    lines = (trial / "rounds.jsonl").read_text().splitlines(keepends=True)
    (trial / "rounds.jsonl").write_text("".join(lines[:2]))
    damage(trial)
    assert [told in note for note in notes(start="warm")] == [True]
    assert stable_records(trial.parents[1]) == stable_records(made / "blobs")
    assert (trial / "rounds.jsonl").read_text().splitlines()[0] != lines[0].rstrip(), "made again, not gone on with"


def test_a_whole_checkpoint_is_gone_on_with(trial: Path, made: Path, notes: Notes, stable_records: Stable) -> None:
    lines = (trial / "rounds.jsonl").read_text().splitlines(keepends=True)
    (trial / "rounds.jsonl").write_text("".join(lines[:2]))
    assert notes(start="warm") == []
    assert stable_records(trial.parents[1]) == stable_records(made / "blobs")
    assert (trial / "rounds.jsonl").read_text().startswith("".join(lines[:2]))


@pytest.mark.parametrize(
    "damage", [cut("manifest.json", 30), cut("manifest.json", 0), flip("manifest.json", b"blobs", b"blubs")]
)
def test_a_damaged_manifest_is_refused(damage: Damage, trial: Path, notes: Notes) -> None:
    suite = trial.parents[1]
    damage(suite)
    before = (suite / "manifest.json").read_bytes()
    for use in (lambda: notes(start="warm"), lambda: load(suite)):
        with pytest.raises(StoreError, match=r"manifest.json is damaged: .*; delete it"):
            use()
    assert (suite / "manifest.json").read_bytes() == before
    (suite / "manifest.json").unlink()
    assert notes(start="warm") == []


@pytest.mark.parametrize("name", ["trial.json", "outcome.json"])
def test_who_only_reads_refuses_damaged_files(name: str, trial: Path) -> None:
    (trial / name).write_text('{"key": "x", "checksum": "0"}')
    with pytest.raises(StoreError, match=f"{name} is damaged: its checksum does not fit"):
        load(trial.parents[1])


def test_files_without_a_checksum_are_those_of_earlier_versions(trial: Path, notes: Notes) -> None:
    for path in (trial / "trial.json", trial.parents[1] / "manifest.json"):
        content = json.loads(path.read_text())
        assert content.pop("checksum")
        path.write_text(json.dumps(content))
    assert notes(start="warm") == []
    assert load(trial.parents[1]).failed.empty


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped"])
def test_a_damaged_shared_round_is_told_and_made_again(
    damage: str, notes: Notes, tmp_path: Path, stable_records: Stable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from albench.trial.first_round import SharedRounds

    real = SharedRounds.keep

    def spoil(self: SharedRounds, trial: Any, initial_hash: str, made_with: Any, left: Any) -> None:
        real(self, trial, initial_hash, made_with, left)
        content = bytearray(self.path(trial).read_bytes())
        content[len(content) // 2] ^= 1
        spoiled = {"cut": content[: len(content) // 2], "empty": b"", "flipped": content}[damage]
        self.path(trial).write_bytes(spoiled)

    notes(strategy=["random", "entropy"], out=tmp_path / "whole")
    monkeypatch.setattr(SharedRounds, "keep", spoil)
    (told,) = (note for note in notes(strategy=["random", "entropy"], out=tmp_path / "spoiled") if "round" in note)
    assert "is damaged, or of another version: the round is made again." in told
    assert stable_records(tmp_path / "spoiled" / "blobs") == stable_records(tmp_path / "whole" / "blobs")
