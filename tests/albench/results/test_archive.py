"""Archives and unions of results: what goes in, what is refused, and that nothing is left half-written."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.cli.main import main
from albench.results import archive
from albench.results.load import load
from albench.results.records import encode_record, read_manifest, read_trial, trial_folders
from albench.results.store import SuiteStore

PROTOCOL = {"rounds": 2, "steps": 10, "lr": 0.03, "device": "cpu"}


def facts(key: str, **changes: Any) -> dict[str, Any]:
    dataset, method, strategy, backbone, seed, _ = key.split("--")
    names = {"dataset": dataset, "method": method, "strategy": strategy, "backbone": backbone}
    about = {"seed": int(seed[1:]), "protocol_hash": "aaaa", "protocol": PROTOCOL, "data_hash": "d1"}
    return {"format": 1, "key": key, **names, "stand_in": "", **about, "initial_hash": f"i{seed}", **changes}


def record(number: int, accuracy: float = 0.5, seconds: float = 1.0) -> dict[str, Any]:
    return {
        "round": number,
        "n_labeled": 10 + number,
        "queried": [number],
        "val": {"accuracy": accuracy},
        "test": {"accuracy": accuracy},
        "pseudo_label": {"accepted": None, "accuracy": None},
        "seconds": {"train": seconds},
        "peak_memory_mb": seconds,
    }


def key_of(strategy: str, seed: int) -> str:
    return f"digits--fixmatch--{strategy}--cnn--s{seed}--{strategy}{seed}"


def make(folder: Path, *strategies: str, rounds: int = 2, started: str = "2026-01-01", **changes: Any) -> Path:
    """A suite with two seeds of each strategy; ``record`` options and other facts may be given."""
    of_record = {name: changes.pop(name) for name in ("accuracy", "seconds") if name in changes}
    store = SuiteStore(folder)
    store.open()
    store.update_manifest(
        {
            **{"format": 1, "suite": folder.name, "versions": {"torch": "2.6"}, "plugins": {"mine": "mine 1"}},
            **{"host": {"name": folder.parent.name}, "determinism": {"threads": 1}},
            "datasets": {"digits": {"data_hash": "d1", "sizes": [100, 10, 10]}},
            "protocols": {"aaaa": PROTOCOL},
            "runs": [{"started": started, "command": ["albench", "run", folder.parent.name], "trials": 2}],
        }
    )
    for strategy in strategies:
        for seed in (0, 1):
            trial = store.trial(key_of(strategy, seed))
            trial.describe(facts(trial.folder.name, **changes))
            for number in range(rounds):
                trial.append(record(number, **of_record))
    return folder


Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """The command line in a folder of its own -> exit code, what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return int(end.value.code or 0), captured.out + captured.err

    return run


def refused(say: Say, *words: str) -> str:
    """The one line with which a command is refused; it leaves nothing behind."""
    before = sorted(Path().rglob("*"))
    code, line = say(*words)
    assert (code, line.count("\n")) == (2, 1), line
    assert sorted(Path().rglob("*")) == before
    return line


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def records(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {trial.name: read_trial(trial).records for trial in trial_folders(folder)}


# export


def test_a_real_run_survives_export_and_merge(small_run: Any, say: Say) -> None:
    ran = small_run(strategy=["random", "wrong[how=raise]"], on_failure="keep", rounds=2, steps=3)
    code, shown = say("export")
    assert code == 0
    assert "1 suite, 2 trials" in shown
    assert "blobs: 1 complete, 1 failed" in shown
    code, shown = say("merge", "results.zip", "--output", "m")
    assert code == 0
    assert "Next: albench compare m" in shown
    again = load("m")
    assert again.frame.equals(ran.frame)
    assert again.failed.equals(ran.failed)
    assert read_manifest(Path("m/blobs"))["datasets"] == read_manifest(Path("results/blobs"))["datasets"]
    assert say("compare", "m")[0] == 0


def test_the_same_results_give_the_same_bytes(say: Say) -> None:
    make(Path("results/a"), "random", "entropy")
    make(Path("results/b"), "random")
    assert say("export")[0] == 0
    shutil.copytree("results", "copy")
    for number, path in enumerate(sorted(Path("copy").rglob("*"), reverse=True)):
        path.touch() if number % 2 else path.chmod(0o700)
    (Path("copy/a/trials") / key_of("random", 0) / "checkpoint-0.pt").write_text("x")
    (Path("copy/a/trials") / key_of("random", 0) / "claim-2.free").write_text("")
    assert say("export", "copy/b", "copy/a", "--output", "two.zip")[0] == 0
    assert Path("two.zip").read_bytes() == Path("results.zip").read_bytes()
    names = zipfile.ZipFile("two.zip").namelist()
    assert names == sorted(names)
    assert {Path(name).name for name in names} == {"manifest.json", "trial.json", "rounds.jsonl"}


def test_an_incomplete_trial_goes_in_without_its_torn_line(say: Say) -> None:
    trial = make(Path("results/a"), "random") / "trials" / key_of("random", 0)
    path = trial / "rounds.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    about = {"token": "t", "pid": 1, "host": "another-host", "machine": "m", "started": "", "since": 0.0}
    (trial / "claim-1").write_text(json.dumps(about))
    code, shown = say("export", "results/a")
    assert code == 0
    assert "a: 1 complete, 1 incomplete" in shown
    assert f"{key_of('random', 0)} is incomplete (1 of 2 rounds, still running): it goes in as it is" in shown
    assert "line 2 is torn" in shown
    with zipfile.ZipFile("results.zip") as made:
        assert made.read(f"a/trials/{key_of('random', 0)}/rounds.jsonl").decode() == encode_record(record(0))


def test_export_refuses(say: Say) -> None:
    assert "no results folder results" in refused(say, "export")
    Path("results").mkdir()
    assert "holds no results" in refused(say, "export")
    make(Path("results/a"))
    assert "there is no trial to export" in refused(say, "export")
    make(Path("results/a"), "random")
    assert "cannot be written" in refused(say, "export", "--output", "absent/x.zip")
    Path("results.zip").write_text("mine")
    assert "results.zip is there already" in refused(say, "export")
    assert Path("results.zip").read_text() == "mine"
    assert say("export", "--force")[0] == 0
    assert zipfile.is_zipfile("results.zip")
    make(Path("other/a"), "entropy")
    assert "albench merge results/a other/a --output DIR" in refused(say, "export", "results", "other", "--force")


# merge


def test_machines_are_united(say: Say) -> None:
    make(Path("one/s"), "random", "entropy", started="2026-01-01")
    make(Path("two/s"), "random", "coreset", started="2026-01-02", seconds=9.0)
    make(Path("two/t"), "random")
    assert say("export", "one", "--output", "one.zip")[0] == 0
    code, shown = say("merge", "one.zip", "two", "--output", "deep/m")
    assert code == 0, shown
    assert "2 suites, 8 trials from 2 sources" in shown
    assert "4 from one.zip/s" in shown
    assert "2 in more than one source, kept once" in shown
    assert records(Path("deep/m/s")) == {**records(Path("two/s")), **records(Path("one/s"))}
    manifest = read_manifest(Path("deep/m/s"))
    assert [run["command"][-1] for run in manifest["runs"]] == ["one", "two"]
    assert [run["host"]["name"] for run in manifest["runs"]] == ["one", "two"]
    assert manifest["host"] == {"name": "two"}, "as in every manifest, of the last run"
    assert say("merge", "deep/m", "one", "two/s", "two/t", "--output", "again")[0] == 0
    assert content(Path("again")) == content(Path("deep/m")), "what is merged can be merged again"


def test_classes_that_are_named_otherwise_are_told(say: Say) -> None:
    make(Path("one/s"), "random", class_names=["ill", "well"])
    make(Path("two/s"), "coreset", class_names=["0", "1"])
    code, shown = say("merge", "one", "two", "--output", "m")
    assert code == 0
    assert "digits are not named alike everywhere: ill and well in one/s; 0 and 1 in two/s." in " ".join(shown.split())


def test_the_order_of_sources_does_not_matter(say: Say) -> None:
    make(Path("one/s"), "random", started="2026-01-01")
    make(Path("two/s"), "coreset", started="2026-01-02")
    assert say("merge", "one", "two", "--output", "a")[0] == 0
    assert say("merge", "two", "one", "--output", "b")[0] == 0
    assert content(Path("a")) == content(Path("b"))


@pytest.mark.parametrize("order", [("part", "whole"), ("whole", "part")])
def test_the_most_complete_copy_of_a_trial_is_kept(order: tuple[str, str], say: Say) -> None:
    make(Path("part/s"), "random", rounds=1)
    SuiteStore(Path("part/s")).trial(key_of("random", 1)).outcome("failed", "down")
    make(Path("whole/s"), "random", seconds=3.0)
    assert say("merge", *order, "--output", "m")[0] == 0
    assert records(Path("m/s")) == records(Path("whole/s"))
    assert not list(Path("m").rglob("outcome.json"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data_hash": "d2"}, "data set digits is not the same data everywhere: d1 in one/s, d2 in two/s"),
        (
            {"protocol_hash": "bbbb", "protocol": {**PROTOCOL, "steps": 20, "lr": 0.1, "neighbors": "exact"}},
            "suite s was run on digits under other settings in one/s than in two/s: steps 10 and 20, lr 0.03 and 0.1.",
        ),
        ({"initial_hash": "x"}, "seed 0 of digits does not start from the same labels everywhere"),
        ({"accuracy": 0.6}, "the largest difference is 0.100 in test accuracy (0.500 and 0.600), trial digits--"),
    ],
)
def test_differences_are_refused_by_name(changes: dict[str, Any], message: str, say: Say) -> None:
    make(Path("one/s"), "random")
    make(Path("two/s"), "random", **changes)
    line = refused(say, "merge", "one/s", "two/s", "--output", "m")
    assert message in line
    make(Path("three/s"), "entropy")
    assert say("merge", "one", "three", "--output", "m")[0] == 0


def test_a_wider_source_may_hold_the_protocols_of_the_others(say: Say) -> None:
    other = {"protocol_hash": "bbbb", "protocol": {**PROTOCOL, "steps": 20}}
    make(Path("one/s"), "random")
    make(Path("two/s"), "entropy", **other)
    make(Path("two/s"), "coreset")
    assert say("merge", "one", "two", "--output", "m")[0] == 0
    make(Path("three/s"), "margin", **other)
    assert say("merge", "one", "three", "two", "--output", "n")[0] == 0
    assert "steps" in refused(say, "merge", "one", "three", "--output", "o")


def test_other_versions_are_said(say: Say) -> None:
    make(Path("one/s"), "random")
    make(Path("two/s"), "entropy")
    SuiteStore(Path("two/s")).update_manifest({"versions": {"torch": "2.7"}})
    assert "made with other versions of torch: 2.6 in one/s, 2.7 in two/s" in say("merge", *SOURCES)[1]


SOURCES = ("one", "two", "--output", "m")


def test_merge_refuses_what_it_cannot_read_or_write(say: Say) -> None:
    make(Path("one/s"), "random")
    assert "there is no absent" in refused(say, "merge", "absent", "--output", "m")
    Path("m").mkdir()
    assert "m is there already" in refused(say, "merge", "one", "--output", "m")
    Path("file").write_text("x")
    assert "not an archive of 'albench export'" in refused(say, "merge", "file", "--output", "n")
    assert "cannot be written" in refused(say, "merge", "one", "--output", "file/n")
    make(Path("empty/s"))
    assert "no trial to merge" in refused(say, "merge", "empty", "--output", "n")
    assert "Missing option '--output'" in refused(say, "merge", "one")
    assert "Missing argument 'SOURCE...'" in refused(say, "merge", "--output", "n")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("manifest.json", '{"format": 2}', "format 2, this albench reads 1"),
        ("manifest.json", '{"format": 1}', "manifest.json is damaged"),
        ("manifest.json", "\ud800", "damaged"),
        ("trial.json", "{", "damaged"),
        ("trial.json", "[" * 100_000, "damaged"),
        ("trial.json", json.dumps({**facts(key_of("random", 1)), "key": "other"}), "right key"),
        ("trial.json", json.dumps({**facts(key_of("random", 1)), "protocol": {}}), "right protocol.rounds"),
        ("rounds.jsonl", encode_record({"round": 0}).replace("{", "{{"), ""),
    ],
)
def test_damaged_files_are_one_line(name: str, text: str, message: str, say: Say) -> None:
    suite = make(Path("one/s"), "random")
    path = suite / name if name.startswith("manifest") else suite / "trials" / key_of("random", 1) / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with zipfile.ZipFile("x.zip", "w") as made:
        for file, data in content(Path("one")).items():
            if Path(file).name in ("manifest.json", "trial.json", "rounds.jsonl"):
                made.writestr(file, data)
    for source in ("one", "x.zip"):
        if message:
            line = refused(say, "merge", source, "--output", "m")
            assert message in line
            assert source in line
            assert ".tmp" not in line
        else:
            code, shown = say("merge", source, "--output", f"m-{source}")
            assert code == 0
            assert f"{source}/s/trials/{key_of('random', 1)}/rounds.jsonl, line 1 is torn" in shown


# archives that were not made by export


def good(name: str = "x.zip") -> zipfile.ZipFile:
    """An archive to which something bad can be added."""
    make(Path("one/s"), "random")
    archive.export([Path("one/s")], Path(name), force=True)
    return zipfile.ZipFile(name, "a", zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "s/../../evil.json",
        "/tmp/evil.json",
        "C:\\evil.json",
        "s\\trials\\k\\trial.json",
        "s/trials/../manifest.json",
        "s/trials/k/checkpoint-0.pt",
        "s/trials/k/trial.json/x",
        ".hidden/manifest.json",
        "s/notes.txt",
        "s/trials/k\x1b[31m/trial.json",
        "s/trials/" + "k" * 300 + "/trial.json",
        "s/trials/k/trial.json\n",
    ],
)
def test_names_that_export_does_not_write_are_refused(name: str, say: Say) -> None:
    with good() as made:
        made.writestr(name, "{}")
    line = refused(say, "merge", "x.zip", "--output", "m")
    assert "which 'albench export' does not write" in line
    assert "\x1b" not in line


def test_links_are_refused(say: Say) -> None:
    with good() as made:
        link = zipfile.ZipInfo("s/trials/k/trial.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    assert "does not write" in refused(say, "merge", "x.zip", "--output", "m")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["s/manifest.json", "S/manifest.json"])
def test_a_name_twice_is_refused(name: str, say: Say) -> None:
    with good() as made:
        made.writestr(name, "{}")
    assert "twice" in refused(say, "merge", "x.zip", "--output", "m")


def test_a_suite_without_manifest_and_an_empty_archive(say: Say) -> None:
    with good() as made:
        made.writestr("t/trials/k/trial.json", "{}")
    assert "t has no manifest.json" in refused(say, "merge", "x.zip", "--output", "m")
    zipfile.ZipFile("e.zip", "w").close()
    assert "it is empty" in refused(say, "merge", "e.zip", "--output", "m")


def test_bombs_are_refused_before_they_are_unpacked(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    with good() as made:
        made.writestr("s/trials/k/trial.json", b" " * 60_000_000)
    assert "would unpack to" in refused(say, "merge", "x.zip", "--output", "m")
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    good().close()
    assert "would unpack to 5 files" in refused(say, "merge", "x.zip", "--output", "m")


def test_a_size_that_lies_is_noticed(say: Say) -> None:
    """A file of 60 MB whose header says 100 bytes."""
    with good() as made:
        made.writestr("s/trials/k/trial.json", b" " * 60_000_000)
        made.getinfo("s/trials/k/trial.json").file_size = 100
    assert "damaged" in refused(say, "merge", "x.zip", "--output", "m")


@pytest.mark.parametrize("place", range(0, 100, 4))
def test_a_damaged_archive_is_one_line_or_does_no_harm(place: int, say: Say) -> None:
    good().close()
    data = bytearray(Path("x.zip").read_bytes())
    at = len(data) * place // 100
    Path("cut.zip").write_bytes(data[:at])
    assert "cut.zip" in refused(say, "merge", "cut.zip", "--output", "m")
    data[at : at + 8] = bytes(byte ^ 0xFF for byte in data[at : at + 8])
    Path("x.zip").write_bytes(data)
    code, shown = say("merge", "x.zip", "--output", "m")
    if code == 0:  # what was hit says nothing of the results, such as the time of a file
        assert records(Path("m/s")) == records(Path("one/s"))
    else:
        assert (code, shown.count("\n"), Path("m").exists()) == (2, 1, False)
        assert "x.zip" in shown


def test_an_encrypted_archive_is_refused(say: Say) -> None:
    with good() as made:
        made.getinfo("s/manifest.json").flag_bits |= 0x1
        made.writestr("s/trials/k/outcome.json", "{}")
    assert "x.zip is encrypted" in refused(say, "merge", "x.zip", "--output", "m")


def test_a_stopped_merge_leaves_nothing(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from albench.results import merge

    make(Path("one/s"), "random")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(merge, "manifest_text", stop)
    code, _ = say("merge", "one", "--output", "m")
    assert code == 130
    assert [path.name for path in Path().iterdir()] == ["one"]


def test_export_and_merge_import_nothing_heavy(tmp_path: Path) -> None:
    make(tmp_path / "s", "random")
    code = (
        "import sys\nfrom pathlib import Path\nfrom albench.results.archive import export\n"
        "from albench.results.merge import merge\n"
        "export([Path('s')], Path('x.zip'))\nmerge([Path('x.zip')], Path('m'))\n"
        "assert not {'torch', 'pandas', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
