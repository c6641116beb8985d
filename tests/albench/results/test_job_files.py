"""The files of a job's trials: who holds them, what goes along, and what happens at home meanwhile."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest

from albench.api import Busy, ClaimLost
from albench.errors import FolderError, StoreError
from albench.results.job_files import JobFiles
from albench.results.store import SuiteStore
from albench.testing.executor_jobs import Named


def job(folder: Path, *keys: str) -> JobFiles:
    return JobFiles(keys[0], str(folder), tuple(map(Named, keys)))


def records(folder: Path, key: str) -> Path:
    path = SuiteStore(folder).trial(key).folder / "rounds.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def take_over(folder: Path) -> None:
    about = {"token": "t", "pid": 1, "host": "far", "machine": "m", "started": "", "since": 0.0}
    (folder / "claim-2").write_text(json.dumps(about))


def packed(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_trials_that_were_taken_over_meanwhile_are_left_as_they_are(tmp_path: Path) -> None:
    with job(tmp_path, "a", "b").claim() as held:
        away = held.at(tmp_path / "away")
        for key in "ab":
            records(tmp_path / "away", key).write_text("mine\n")
        take_over(tmp_path / "trials" / "b")
        with pytest.raises(ClaimLost, match="process 1 on far"):
            held.unpack(away.pack())
    assert not list((tmp_path / "trials").rglob("rounds.jsonl"))
    assert (tmp_path / "trials" / "b" / "claim-2").exists()
    with job(tmp_path, "a").claim() as again:
        assert [trial.key for trial in again.trials] == ["a"], "it was let go"


def test_what_others_hold_is_told_and_left_out(tmp_path: Path) -> None:
    whole = job(tmp_path, "a", "b")
    records(tmp_path, "a").write_text("theirs\n")
    records(tmp_path, "b").write_text("mine\n")
    with SuiteStore(tmp_path).trial("a").claim(), whole.claim() as held:
        assert (held.key, [trial.key for trial in held.trials]) == ("a", ["b"])
        assert [type(each) for each in held.busy] == [Busy]
        assert [each.key for each in held.busy] == ["a"]
        assert zipfile.ZipFile(io.BytesIO(held.pack())).namelist() == ["trials/b/rounds.jsonl"]


def test_claims_and_half_written_files_do_not_go_along(tmp_path: Path) -> None:
    with job(tmp_path, "a").claim() as held:
        records(tmp_path, "a").write_text("x\n")
        records(tmp_path, "a").with_name(".rounds.jsonl.1.tmp").write_text("x")
        assert zipfile.ZipFile(io.BytesIO(held.pack())).namelist() == ["trials/a/rounds.jsonl"]
        away = pickle.loads(pickle.dumps(held)).at(tmp_path / "away")
        away.unpack(held.pack())
        with records(tmp_path / "away", "a").open("a") as handle:
            handle.write("y\n")
        assert held.unpack(away.pack()) == []
    names = {path.name for path in (tmp_path / "trials" / "a").iterdir()}
    assert names == {"rounds.jsonl", "claim-1.free", ".rounds.jsonl.1.tmp"}
    assert records(tmp_path, "a").read_text() == "x\ny\n"


def test_what_is_gone_there_is_gone_here_and_what_is_new_is_added(tmp_path: Path) -> None:
    records(tmp_path, "a").write_text("x\n")
    records(tmp_path, "a").with_name("checkpoint-0.pt").write_text("old")
    (tmp_path / "events.jsonl").write_text("one\n")
    (tmp_path / "board.html").write_text("of another trial")
    files = {"trials/a/rounds.jsonl": b"x\ny\n", "events.jsonl": b"two\n", "board.html": b"b", "runs/a.txt": b"r"}
    told = job(tmp_path, "a").unpack(packed(**files))
    assert told == ["board.html of a tracker exists already, so that of this trial stayed on its node"]
    assert [path.name for path in (tmp_path / "trials" / "a").iterdir()] == ["rounds.jsonl"]
    assert (tmp_path / "events.jsonl").read_text() == "one\ntwo\n"
    assert (tmp_path / "board.html").read_text() == "of another trial"
    assert (tmp_path / "runs" / "a.txt").read_text() == "r"


@pytest.mark.parametrize("name", ["../mine.txt", "/tmp/mine.txt", "trials/../../mine.txt"])
def test_a_parcel_that_reaches_outside_is_refused_whole(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="it is no file of a job"):
        job(tmp_path / "suite", "a").unpack(packed(**{"trials/a/rounds.jsonl": b"x", name: b"x"}))
    assert not list(tmp_path.rglob("*.*"))


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=r"file cannot be written .* run the same command again"):
        job(tmp_path / "file", "a").claim().__enter__()
