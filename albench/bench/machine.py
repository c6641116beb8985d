"""Measurements of this machine, kept in the user's cache folder for time estimates."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from albench import devices
from albench.disk.files import replacing
from albench.disk.processes import as_here, cores
from albench.environment import processor_name

FORMAT = 1
VARIABLE = "ALBENCH_CACHE"
"""Names the cache folder in place of the user's own."""


@dataclass(frozen=True)
class Machine:
    """What measurements hold for; those of another machine or another torch say nothing."""

    host: str
    processor: str
    cores: int
    torch: str
    device: str
    """Name of the GPU, or ``cpu``."""


def this_machine(device: str = "cpu") -> Machine:
    """The machine that this process runs on."""
    import torch

    return Machine(
        host=platform.node(),
        processor=processor_name(),
        cores=cores(),
        torch=torch.__version__,
        device=devices.name(device),
    )


def cache_file(device: str = "cpu") -> Path:
    """Where the measurements of a device are kept; a temporary folder for a user without a home, as in containers."""
    import platformdirs

    named = os.environ.get(VARIABLE, "").strip()
    try:
        folder = Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("albench"))
    except RuntimeError:
        folder = Path(tempfile.gettempdir()) / f"albench-{os.getuid()}"
    return folder / f"bench-{device.replace(':', '-')}.json"


def write(content: dict[str, Any], path: Path) -> None:
    """Measurements as a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as handle:
        handle.write(json.dumps(content, indent=2).encode())


def load(device: str = "cpu") -> dict[str, Any] | None:
    """What was measured on this machine; None where nothing was, or it is not the same machine any more."""
    try:
        content = json.loads(cache_file(device).read_text(encoding="utf-8"))
        same = content["format"] == FORMAT and content["machine"] == asdict(this_machine(device))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return content if same else None


def start_seconds(code: str = "import albench.execution.jobs, albench.trial.rounds", limit: float = 60.0) -> float:
    """How long a new Python takes to import what a worker needs, and to run some more code; at most the limit."""
    started = time.perf_counter()
    try:
        subprocess.run([sys.executable, "-c", code], env=as_here(), capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return limit
    return time.perf_counter() - started
