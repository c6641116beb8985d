"""Malformed input in bulk: one line, exit code 2, nothing left on disk, no long wait."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from albench.cli.main import main
from albench.suite.limits import at_most

sys.path.insert(0, str(Path(__file__).parent))
from inputs import data, plugins, suites, words

SLOW = 15.0
"""Seconds of computing that no refusal takes."""
HANGS = 300.0
"""Seconds after which one that waits for something is ended, on however busy a machine."""
LONGEST = 2500
"""Letters in a message: it names what is wrong and does not repeat all of a long input."""


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], toy: str):  # type: ignore[no-untyped-def]
    """Runs a command line in an empty folder and returns its one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALBENCH_PLUGINS", toy)

    def run(arguments: list[str]) -> str:
        before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*") if not path.is_dir()}
        started = time.process_time()
        with pytest.raises(SystemExit) as end, at_most(HANGS):
            main(arguments)
        took = time.process_time() - started
        captured = capsys.readouterr()
        assert end.value.code == 2, (arguments, captured)
        lines = captured.err.splitlines()
        assert len(lines) == 1, captured.err
        assert lines[0].startswith("Error: "), lines
        assert "Traceback" not in captured.err + captured.out
        assert len(lines[0]) < LONGEST, len(lines[0])
        assert lines[0].isprintable(), lines[0]
        after = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*") if not path.is_dir()}
        assert after == before
        assert took < SLOW
        return lines[0]

    return run


def name(value: object) -> str:
    return repr(value)[:40]


@pytest.mark.parametrize("spec", words.SPECS, ids=name)
def test_specs(refused, spec: str) -> None:  # type: ignore[no-untyped-def]
    refused([*words.RUN, "-s", spec])


@pytest.mark.parametrize("extra", words.OPTIONS, ids=name)
def test_options(refused, extra: list[str]) -> None:  # type: ignore[no-untyped-def]
    refused([*words.RUN, *extra])


@pytest.mark.parametrize("arguments", words.COMMANDS, ids=name)
def test_commands(refused, arguments: list[str]) -> None:  # type: ignore[no-untyped-def]
    refused(arguments)


@pytest.mark.parametrize("case", suites.BYTES)
def test_suites(refused, case: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "suite.yaml").write_bytes(suites.BYTES[case])
    refused(["run", "suite.yaml", "--dry-run"])


@pytest.mark.parametrize(
    ("file", "case"), [("features", case) for case in data.X] + [("labels", case) for case in data.Y]
)
def test_arrays(refused, file: str, case: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data.features(tmp_path / "pool")
    (tmp_path / "pool" / f"train-{file}.npy").write_bytes({"features": data.X, "labels": data.Y}[file][case])
    line = refused(["run", "-d", "features[path=pool]", "-s", "random", "--initial", "5", "--dry-run"])
    assert "pool" in line
    assert not (tmp_path / data.MARKER).exists()


@pytest.mark.parametrize("case", data.NPZ)
def test_archives_of_arrays(refused, case: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data.NPZ[case](tmp_path / "set.npz")
    refused(["run", "-d", "npz[path=set.npz]", "-s", "random", "--initial", "5", "--dry-run"])
    assert not (tmp_path / data.MARKER).exists()


@pytest.mark.parametrize("case", plugins.SOURCES)
def test_plugin_files(refused, case: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "mine.py").write_text(plugins.SOURCES[case])
    refused(["run", "--plugin", "mine.py", "-d", "blobs", "-m", "supervised", "-s", "mine", "--dry-run"])


def test_there_are_many_cases() -> None:
    cases = (words.SPECS, words.OPTIONS, words.COMMANDS, suites.BYTES, data.X, data.Y, data.NPZ, plugins.SOURCES)
    assert sum(map(len, cases)) >= 350
