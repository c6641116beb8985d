"""A user without a home folder and without an entry in the password file, as in many containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

CODE = """
import contextlib, io, json, pwd, sys

def nobody(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")

pwd.getpwuid = nobody
from albench.cli.main import main

for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as end:
            code = end.code
    print(json.dumps([words, code, out.getvalue(), err.getvalue()]))
"""
RUN = ("run", "-s", "random", "--rounds", "1", "--steps", "2", "--seeds", "1", "--dry-run")
NOWHERE = (("data", "verify", "mescc"), ("run", "-d", "mescc", "-s", "random"))
TYPED = ("run", "-d", "features[path=~/pool]", "-s", "random")
DOCTOR = ("doctor", "--json")
Done = dict[tuple[str, ...], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def as_nobody(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Commands of one process without a home, in which even the libraries are loaded without."""
    left = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        input=json.dumps([RUN, *NOWHERE, TYPED, DOCTOR]),
        cwd=tmp_path_factory.mktemp("nobody"),
        env=left,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {tuple(words): subprocess.CompletedProcess(words, *rest) for words, *rest in found}


def test_the_default_run_and_its_plan(as_nobody: Done) -> None:
    done = as_nobody[RUN]
    assert done.returncode == 0, done.stderr
    assert "mescc-sim" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize("words", NOWHERE)
def test_data_that_are_nowhere_are_one_line(as_nobody: Done, words: tuple[str, ...]) -> None:
    done = as_nobody[words]
    assert done.returncode == 2
    assert "no MESCC files in the data folder" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_home_that_is_typed_is_told_to_be_unknown(as_nobody: Done) -> None:
    done = as_nobody[TYPED]
    assert done.returncode == 2
    assert "no home folder is known for '~' (HOME is not set): write the whole path" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_doctor_finds_nothing_broken_in_it(as_nobody: Done) -> None:
    done = as_nobody[DOCTOR]
    findings = [found for part in json.loads(done.stdout)["parts"].values() for found in part]
    assert [found for found in findings if "RuntimeError" in found["found"]] == []
