"""How often Python looks for garbage, in the command's own process and in no other."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from albench.garbage import unlooked

LOADED = 100_000
"""Objects that torch alone comes with, in a process that has loaded it."""

RINGS = """
import gc, os, pathlib, weakref
from albench.api import hookimpl

class Ring: pass

@hookimpl
def albench_suite_end(suite):
    one, two = Ring(), Ring()
    one.other, two.other = two, one
    gone = weakref.ref(one)
    del one, two
    gc.collect()
    told = f"{gc.get_threshold()[0]} {gc.get_freeze_count()} {gone() is None}"
    pathlib.Path(os.environ["TOLD"]).write_text(told)
"""
"""A plugin whose objects hold each other when a run ends."""


def test_a_process_that_only_uses_albench_is_left_as_it_is() -> None:
    code = (
        "import gc\nbefore = gc.get_threshold()\n"
        "import albench.__main__, albench.cli.run\nfrom albench.garbage import all_loaded\nall_loaded()\n"
        "assert gc.get_threshold() == before and gc.get_freeze_count() == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_looks_seldom_and_through_what_a_run_makes_alone(tmp_path: Path) -> None:
    plugin = tmp_path / "watching.py"
    plugin.write_text(RINGS)
    command = [sys.executable, "-m", "albench", "run", "-d", "digits", "-m", "supervised", "-s", "random"]
    command += ["--backbone", "linear", "--seeds", "1", "--rounds", "1", "--executor", "local"]
    command += ["--plugin", str(plugin), "--out", str(tmp_path / "out")]
    told = tmp_path / "told"
    environment = {**os.environ, "TOLD": str(told)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    seldom, frozen, collected = told.read_text().split()
    assert (seldom, collected) == ("10000", "True")
    assert int(frozen) > LOADED


def test_it_is_not_looked_for_in_a_block_and_then_as_before() -> None:
    @unlooked()
    def fails() -> None:
        assert not gc.isenabled()
        raise ValueError("on its way")

    assert gc.isenabled()
    with pytest.raises(ValueError, match="on its way"):
        fails()
    assert gc.isenabled()
    gc.disable()
    try:
        with unlooked():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
