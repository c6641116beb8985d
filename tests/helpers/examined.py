"""What ``albench doctor`` says of this machine, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def typed(*arguments: str, cwd: Path, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """The command as a user types it."""
    command = [*before, sys.executable, "-m", "albench", "doctor", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=cwd, env=environment)


Command = Callable[..., subprocess.CompletedProcess[str]]
Report = tuple[int, dict[str, list[dict[str, str]]]]


def read(done: subprocess.CompletedProcess[str]) -> Report:
    """Its exit code and diagnoses by part."""
    assert "Traceback" not in done.stderr
    content = json.loads(done.stdout)
    assert (content["format"], content["ok"]) == (1, done.returncode == 0)
    return done.returncode, content["parts"]


def found(parts: dict[str, list[dict[str, str]]], part: str, what: str) -> dict[str, str]:
    """What is said of one thing."""
    (one,) = [diagnosis for diagnosis in parts[part] if diagnosis["what"] == what]
    return one
