"""Every command that reads results reads folders and archives alike."""

from __future__ import annotations

import gc
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.errors import StoreError
from albench.results.archive import export
from albench.results.records import encode_record, read_trial, trial_folders

Say = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a suite in each of the three shapes: ``plain/blobs``, ``blobs.zip``, ``packed/blobs``."""
    toy = Path(__file__).parents[2] / "plugin_files" / "toy.py"
    top = tmp_path_factory.mktemp("ran")
    albench.run(
        **{
            "dataset": "blobs",
            "strategy": ["random", "entropy"],
            "method": "fixmatch",
            "seeds": 2,
            "out": top / "plain",
        },
        **{"executor": "local", "plugins": [toy], "batch_size": 16, "initial": 12, "query_size": 8, "rounds": 2},
        **{"steps": 2, "evaluations": 1},
    )
    export([top / "plain" / "blobs"], top / "blobs.zip")
    (top / "packed" / "blobs").mkdir(parents=True)
    shutil.copy(top / "plain" / "blobs" / "manifest.json", top / "packed" / "blobs")
    shutil.copy(top / "blobs.zip", top / "packed" / "blobs" / "records.zip")
    return top


@pytest.fixture
def say(ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """The command line beside the suites -> exit code, what it printed; nothing stays in the temporary folder."""
    from albench.cli.main import main

    monkeypatch.chdir(ran)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        gc.collect()
        assert list((tmp_path / "temporary").iterdir()) == []
        return int(end.value.code or 0), captured.out + captured.err

    return run


@pytest.fixture(scope="module")
def kept() -> dict[tuple[str, ...], Any]:
    """What the commands gave of the plain folder, each asked once."""
    return {}


SHAPES = ("blobs.zip", "packed", "packed/blobs", "packed/blobs/records.zip")


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_loaded_is_the_same(ran: Path, shape: str) -> None:
    plain, other = albench.load(ran / "plain"), albench.load(ran / shape)
    assert other.frame.equals(plain.frame)
    assert other.manifests == plain.manifests


@pytest.mark.parametrize("shape", SHAPES)
def test_every_command_reads_archives_as_it_reads_folders(
    say: Say, shape: str, tmp_path: Path, kept: dict[tuple[str, ...], Any]
) -> None:
    for form in ("table", "markdown", "latex", "csv", "json"):
        words = ("--format", form)
        if words not in kept:
            kept[words] = say("compare", "plain", *words)
        assert say("compare", shape, *words) == kept[words]
    for command, file in (("report", "r.html"), ("plot", "c.svg"), ("export", "e.zip")):
        if command == "plot":
            pytest.importorskip("matplotlib")
        one, two = tmp_path / f"1{file}", tmp_path / f"2{file}"
        assert say(command, shape, "--output", str(one))[0] == 0
        if (command,) not in kept:
            assert say(command, "plain", "--output", str(two))[0] == 0
            kept[command,] = two.read_bytes()
        assert one.read_bytes() == kept[command,]
    assert say("merge", shape, "--output", str(tmp_path / "m"))[0] == 0
    assert albench.load(tmp_path / "m").frame.equals(albench.load("plain").frame)


def test_a_suite_named_twice_counts_once(ran: Path) -> None:
    once = albench.load(ran / "blobs.zip")
    assert albench.load(ran / "blobs.zip", ran / "blobs.zip").frame.equals(once.frame)
    assert albench.load(ran / "packed", ran / "packed" / "blobs").frame.equals(once.frame)


def test_what_is_unpacked_lives_as_long_as_its_results(ran: Path) -> None:
    results = albench.load(ran / "blobs.zip")
    (folder,) = results.folders
    assert len(trial_folders(folder)) == 4
    del results
    gc.collect()
    assert not folder.exists()


def test_a_manifest_without_records_says_so(ran: Path, say: Say, tmp_path: Path) -> None:
    (tmp_path / "all" / "empty").mkdir(parents=True)
    shutil.copy(ran / "plain" / "blobs" / "manifest.json", tmp_path / "all" / "empty")
    code, shown = say("compare", str(tmp_path / "all"))
    assert code == 2
    assert "empty holds no records, only its manifest" in shown
    shutil.copytree(ran / "packed" / "blobs", tmp_path / "all" / "blobs")
    for command in (("compare",), ("plot", "--output", str(tmp_path / "p.svg"))):
        code, shown = say(*command, str(tmp_path / "all"))
        assert code == 0
        assert "emptyholdsnorecords,onlyitsmanifest" in "".join(shown.split())  # a long path is broken over lines


def test_trials_and_an_archive_beside_them_are_refused(ran: Path, tmp_path: Path) -> None:
    shutil.copytree(ran / "plain" / "blobs", tmp_path / "blobs")
    shutil.copy(ran / "blobs.zip", tmp_path / "blobs" / "records.zip")
    with pytest.raises(StoreError, match=r"has trials and records\.zip beside them"):
        albench.load(tmp_path / "blobs")


@pytest.mark.parametrize("command", ["compare", "report", "plot", "export", "merge", "watch"])
def test_what_is_no_archive_is_one_line(say: Say, tmp_path: Path, command: str) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_text("x")
    words = ["--output", str(tmp_path / "out.svg")] if command != "watch" else []
    code, shown = say(command, str(bad), *(words if command != "compare" else []))
    assert (code, shown.count("\n")) == (2, 1), shown


def test_watch_says_that_nothing_runs_in_packed_results(say: Say) -> None:
    code, shown = say("watch", "--once", "packed")
    assert code == 2
    assert "nothing runs in packed" in shown


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("test"),
        lambda record: record.update(test=3),
        lambda record: record["test"].update(macro_f1="<b>"),
        lambda record: record.pop("seconds"),
        lambda record: record.update(pseudo_label=None),
    ],
    ids=["no test", "test is a number", "a metric is text", "no seconds", "no pseudo labels"],
)
def test_records_of_a_stranger_that_are_none_are_one_line(ran: Path, tmp_path: Path, change: Any) -> None:
    """With right checksums: whoever made them meant them so."""
    with zipfile.ZipFile(ran / "blobs.zip") as old, zipfile.ZipFile(tmp_path / "bad.zip", "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("rounds.jsonl"):
                records = read_trial(ran / "plain" / Path(name).parent).records
                change(records[0])
                text = "".join(map(encode_record, records)).encode()
            new.writestr(name, text)
    with pytest.raises(StoreError, match=r"bad\.zip/blobs/trials/.* does not hold what albench writes"):
        albench.load(tmp_path / "bad.zip")


def test_the_manifest_of_an_archive_is_not_believed(ran: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(ran / "blobs.zip") as old, zipfile.ZipFile(tmp_path / "bad.zip", "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("manifest.json"):
                text = json.dumps({"format": 1, "datasets": {"blobs": {"sizes": 3}}}).encode()
            new.writestr(name, text)
    with pytest.raises(StoreError, match="does not hold what albench writes"):
        albench.load(tmp_path / "bad.zip")
