"""A user without a home folder and without an entry in the password file, as in many containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import pwd, sys

def nobody(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")

pwd.getpwuid = nobody
from albench.cli.main import main
main(sys.argv[1:])
"""


def as_nobody(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    left = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    command = [sys.executable, "-c", CODE, *words]
    return subprocess.run(command, cwd=folder, env=left, capture_output=True, text=True, timeout=180, check=False)


def test_the_default_run_and_its_plan(tmp_path: Path) -> None:
    done = as_nobody(tmp_path, "run", "-s", "random", "--rounds", "1", "--steps", "2", "--seeds", "1", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "mescc-sim" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize("words", [("data", "verify", "mescc"), ("run", "-d", "mescc", "-s", "random")])
def test_data_that_are_nowhere_are_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = as_nobody(tmp_path, *words)
    assert done.returncode == 2
    assert "no MESCC files in the data folder" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_home_that_is_typed_is_told_to_be_unknown(tmp_path: Path) -> None:
    done = as_nobody(tmp_path, "run", "-d", "features[path=~/pool]", "-s", "random")
    assert done.returncode == 2
    assert "no home folder is known for '~' (HOME is not set): write the whole path" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_doctor_finds_nothing_broken_in_it(tmp_path: Path) -> None:
    done = as_nobody(tmp_path, "doctor", "--json")
    findings = [found for part in json.loads(done.stdout)["parts"].values() for found in part]
    assert [found for found in findings if "RuntimeError" in found["found"]] == []
