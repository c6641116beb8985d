"""A full disk, a folder that cannot be written, a slow one: one line, everything before it intact, and a way on."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import harness
import pytest


def options(executor: str = "local", *more: str) -> list[str]:
    return harness.small_suite("--executor", executor, *more)


def only_line(printed: str) -> str:
    """The error that a run ended with; there is one, and no traceback."""
    assert "Traceback" not in printed
    lines = [line for line in printed.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, printed
    assert printed.splitlines()[-1] == lines[0]
    return lines[0]


def command(*words: str) -> None:
    """Run a command of the system, or skip the test where it may not be used."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{words[0]} may not be used here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid():
        pytest.skip("only root may mount a small file system")
    command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path, free: int) -> None:
    """Leave so many bytes."""
    usage = shutil.disk_usage(disk)
    with (disk / "ballast").open("wb") as handle:
        handle.truncate(0)
        os.posix_fallocate(handle.fileno(), 0, max(1, usage.free - free))


def nothing_half_written(suite: Path) -> None:
    assert not list(suite.rglob("*.tmp"))
    assert not list(suite.rglob("outcome.json")), "the trial is not to blame"
    for path in suite.glob("trials/*/rounds.jsonl"):
        assert path.read_text().endswith("\n") or not path.read_text()


@pytest.mark.parametrize("free", [0, 20_000, 70_000, 130_000, 200_000])
def test_a_full_disk_ends_the_run_with_one_line(
    free: int, disk: Path, tmp_path: Path, whole: harness.Whole, nursery: harness.Nursery
) -> None:
    suite = disk / "s"
    suite.mkdir()
    fill(disk, free)
    run = harness.Run(options(), suite, nursery, tmp_path / "log")
    assert run.wait() == 1, run.printed
    line = only_line(run.printed)
    assert "cannot be written (No space left on device)" in line
    assert "make room, then run the same command again" in line
    nothing_half_written(suite)
    (disk / "ballast").unlink()
    again = harness.Run(options(), suite, nursery)
    assert again.wait() == 0, again.printed
    assert harness.differences(suite, whole.folder) == ([], 16)


def test_workers_on_a_full_disk_end_with_one_line(
    disk: Path, tmp_path: Path, whole: harness.Whole, nursery: harness.Nursery
) -> None:
    suite = disk / "s"
    suite.mkdir()
    fill(disk, 200_000)
    run = harness.Run(options("processes[workers=2]"), suite, nursery, tmp_path / "log")
    assert run.wait() == 1, run.printed
    assert "No space left on device" in only_line(run.printed)
    assert not list(suite.rglob("outcome.json"))
    (disk / "ballast").unlink()
    assert harness.Run(options(), suite, nursery).wait() == 0
    assert harness.differences(suite, whole.folder) == ([], 16)


def test_a_folder_on_a_read_only_disk_is_the_users_mistake(
    disk: Path, tmp_path: Path, nursery: harness.Nursery
) -> None:
    command("mount", "-o", "remount,ro", str(disk))
    run = harness.Run(options(), disk / "s", nursery, tmp_path / "log")
    assert run.wait() == 2
    assert "cannot be written (Read-only file system): choose another with --out." in only_line(run.printed)


@contextlib.contextmanager
def unchangeable(folders: list[Path]) -> Iterator[None]:
    """Nothing can be added to, or taken from, some folders."""
    if os.geteuid():
        for folder in folders:
            folder.chmod(0o555)
    else:
        command("chattr", "+i", *map(str, folders))
    try:
        yield
    finally:
        for folder in folders:
            if os.geteuid():
                folder.chmod(0o755)
            else:
                subprocess.run(["chattr", "-i", folder], check=True)


def test_a_folder_that_becomes_read_only_ends_the_run_with_one_line(
    tmp_path: Path, whole: harness.Whole, nursery: harness.Nursery
) -> None:
    suite = tmp_path / "s"
    run = harness.Run(options(), suite, nursery)
    while run.poll() is None and not list(suite.glob("trials/*/rounds.jsonl")):
        time.sleep(0.002)
    with unchangeable([suite, suite / "trials", *(suite / "trials").iterdir()]):
        assert run.wait() == 1, run.printed
        line = only_line(run.printed)
        assert "cannot be written" in line
        assert "run the same command again" in line
        refused = harness.Run(options(), suite, nursery)
        assert refused.wait() in (1, 2)
        assert "cannot be written" in only_line(refused.printed)
    assert not list(suite.rglob("outcome.json"))
    assert harness.Run(options(), suite, nursery).wait() == 0
    assert harness.differences(suite, whole.folder) == ([], 16)


def test_a_user_without_the_right_is_told_where() -> None:
    """As the user nobody, where this is root's; as oneself otherwise."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom albench.errors import StoreError\n"
        "from albench.results.store import SuiteStore\n"
        "try:\n    SuiteStore(Path(sys.argv[1]) / 's').open()\nexcept StoreError as error:\n    print(error)"
    )
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        words = [sys.executable, "-c", code, name]
        if not os.geteuid():
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")
        Path(name).chmod(0o755)
    if done.returncode:
        pytest.skip(f"another user cannot run this Python: {done.stderr.strip()[-200:]}")
    what = f"the results folder {name}/s cannot be written (Permission denied)"
    assert done.stdout == f"{what}: choose another with --out.\n"


def test_a_slow_folder_changes_nothing(tmp_path: Path, whole: harness.Whole, nursery: harness.Nursery) -> None:
    words = options("local", "--plugin", str(harness.SLOW_DISK))
    runs = [harness.Run(words, tmp_path / "s", nursery) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0], [run.printed for run in runs]
    assert harness.differences(tmp_path / "s", whole.folder) == ([], 16)
