"""Archives of results: what goes in, what is refused, and that nothing is left half-written."""

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
from made_up_suites import content, facts, key_of, make_suite, record, records

from albench.results import archive
from albench.results.load import load
from albench.results.records import encode_record, read_manifest

Say = Callable[..., tuple[int, str]]
Refused = Callable[..., str]


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
    make_suite(Path("results/a"), "random", "entropy")
    make_suite(Path("results/b"), "random")
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
    trial = make_suite(Path("results/a"), "random") / "trials" / key_of("random", 0)
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


def test_export_refuses(say: Say, refused: Refused) -> None:
    assert "no results folder results" in refused("export")
    Path("results").mkdir()
    assert "holds no results" in refused("export")
    make_suite(Path("results/a"))
    assert "there is no trial to export" in refused("export")
    make_suite(Path("results/a"), "random")
    assert "cannot be written" in refused("export", "--output", "absent/x.zip")
    Path("results.zip").write_text("mine")
    assert "results.zip is there already" in refused("export")
    assert Path("results.zip").read_text() == "mine"
    assert say("export", "--force")[0] == 0
    assert zipfile.is_zipfile("results.zip")
    make_suite(Path("other/a"), "entropy")
    assert "albench merge results/a other/a --output DIR" in refused("export", "results", "other", "--force")


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
def test_damaged_files_are_one_line(name: str, text: str, message: str, say: Say, refused: Refused) -> None:
    suite = make_suite(Path("one/s"), "random")
    path = suite / name if name.startswith("manifest") else suite / "trials" / key_of("random", 1) / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with zipfile.ZipFile("x.zip", "w") as made:
        for file, data in content(Path("one")).items():
            if Path(file).name in ("manifest.json", "trial.json", "rounds.jsonl"):
                made.writestr(file, data)
    for source in ("one", "x.zip"):
        if message:
            line = refused("merge", source, "--output", "m")
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
    make_suite(Path("one/s"), "random")
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
def test_names_that_export_does_not_write_are_refused(name: str, refused: Refused) -> None:
    with good() as made:
        made.writestr(name, "{}")
    line = refused("merge", "x.zip", "--output", "m")
    assert "which 'albench export' does not write" in line
    assert "\x1b" not in line


def test_links_are_refused(refused: Refused) -> None:
    with good() as made:
        link = zipfile.ZipInfo("s/trials/k/trial.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    assert "does not write" in refused("merge", "x.zip", "--output", "m")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["s/manifest.json", "S/manifest.json"])
def test_a_name_twice_is_refused(name: str, refused: Refused) -> None:
    with good() as made:
        made.writestr(name, "{}")
    assert "twice" in refused("merge", "x.zip", "--output", "m")


def test_a_suite_without_manifest_and_an_empty_archive(refused: Refused) -> None:
    with good() as made:
        made.writestr("t/trials/k/trial.json", "{}")
    assert "t has no manifest.json" in refused("merge", "x.zip", "--output", "m")
    zipfile.ZipFile("e.zip", "w").close()
    assert "it is empty" in refused("merge", "e.zip", "--output", "m")


def test_bombs_are_refused_before_they_are_unpacked(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    with good() as made:
        made.writestr("s/trials/k/trial.json", b" " * 60_000_000)
    assert "would unpack to" in refused("merge", "x.zip", "--output", "m")
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    good().close()
    assert "would unpack to 5 files" in refused("merge", "x.zip", "--output", "m")


def test_a_size_that_lies_is_noticed(refused: Refused) -> None:
    """A file of 60 MB whose header says 100 bytes."""
    with good() as made:
        made.writestr("s/trials/k/trial.json", b" " * 60_000_000)
        made.getinfo("s/trials/k/trial.json").file_size = 100
    assert "damaged" in refused("merge", "x.zip", "--output", "m")


@pytest.mark.parametrize("place", range(0, 100, 4))
def test_a_damaged_archive_is_one_line_or_does_no_harm(place: int, say: Say, refused: Refused) -> None:
    good().close()
    data = bytearray(Path("x.zip").read_bytes())
    at = len(data) * place // 100
    Path("cut.zip").write_bytes(data[:at])
    assert "cut.zip" in refused("merge", "cut.zip", "--output", "m")
    data[at : at + 8] = bytes(byte ^ 0xFF for byte in data[at : at + 8])
    Path("x.zip").write_bytes(data)
    code, shown = say("merge", "x.zip", "--output", "m")
    if code == 0:  # what was hit says nothing of the results, such as the time of a file
        assert records(Path("m/s")) == records(Path("one/s"))
    else:
        assert (code, shown.count("\n"), Path("m").exists()) == (2, 1, False)
        assert "x.zip" in shown


def test_an_encrypted_archive_is_refused(refused: Refused) -> None:
    with good() as made:
        made.getinfo("s/manifest.json").flag_bits |= 0x1
        made.writestr("s/trials/k/outcome.json", "{}")
    assert "x.zip is encrypted" in refused("merge", "x.zip", "--output", "m")


def test_export_and_merge_import_nothing_heavy(tmp_path: Path) -> None:
    make_suite(tmp_path / "s", "random")
    code = (
        "import sys\nfrom pathlib import Path\nfrom albench.results.archive import export\n"
        "from albench.results.merge import merge\n"
        "export([Path('s')], Path('x.zip'))\nmerge([Path('x.zip')], Path('m'))\n"
        "assert not {'torch', 'pandas', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
