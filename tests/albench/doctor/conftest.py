"""``albench doctor`` as a user types it, and plugins that it finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examined import Command, Report, read


@pytest.fixture
def doctor(nursery: Any) -> Command:
    """The command in a process of its own."""

    def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(filter(None, sys.path))
        environment = {**os.environ, "PYTHONPATH": path, **environment}
        done: subprocess.CompletedProcess[str] = nursery.run("doctor", *arguments, cwd=cwd, environment=environment)
        return done

    return run


@pytest.fixture
def report(doctor: Command) -> Callable[..., Report]:
    """Its exit code and findings."""

    def run(*arguments: str, cwd: Path, **environment: str) -> Report:
        return read(doctor(*arguments, "--json", cwd=cwd, **environment))

    return run


@pytest.fixture
def distribution(tmp_path: Path) -> Any:
    """Makes an installed distribution with one plugin from its code; returns the folder for the path."""

    def make(code: str) -> str:
        site = tmp_path / "site"
        info = site / "sorry-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sorry\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text("[albench]\nsorry = sorry_plugin\n")
        (site / "sorry_plugin.py").write_text(textwrap.dedent(code))
        return os.pathsep.join([str(site), *filter(None, sys.path)])

    return make


@pytest.fixture
def as_a_user() -> list[str]:
    """Before a command of root, so that what is shut is shut to it too, as to every other user."""
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        return []
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if not shutil.which("setpriv") or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("root may write everywhere, and cannot give that up here")
    return words
