"""What made a suite's results: versions, host, data, protocol, commands."""

from __future__ import annotations

import dataclasses
import platform
import socket
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from albench import devices
from albench.api.dataset import Splits
from albench.disk.processes import cores
from albench.environment import processor_name, this_environment
from albench.execution.plan import Plan
from albench.results.mixing import plugin_versions
from albench.results.records import FORMAT
from albench.suite.naming import aliases_of


def manifest_of(plan: Plan, command: Sequence[str]) -> dict[str, Any]:
    """What made these results: versions, host, data, protocol, commands.

    What is of this run alone stands in its entry of ``runs`` too, which no later run overwrites.
    """
    import torch

    device = devices.name(plan.device) if devices.is_accelerator(plan.device) else platform.machine()
    found = plan.registry
    made_with = this_environment(plan.device, plugin_versions(plan.all_trials, found))
    of_this_run = {
        "versions": {**made_with, "python": platform.python_version()},
        "plugins": {p.name: f"{p.distribution} {p.version}" for p in found.plugins},
        "host": {
            "name": socket.gethostname(),
            "platform": platform.platform(),
            "processor": processor_name(),
            "cpu_count": cores(),
            "device": device,
        },
        "determinism": {
            "threads": plan.suite.protocol.threads,
            "threads_of": ["torch", "BLAS", "OpenMP"],
            "flush_denormal": True,
            "device": plan.device,
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "cudnn_deterministic": "cuDNN" in made_with,
        },
    }
    return {
        "format": FORMAT,
        "suite": plan.suite.name,
        **of_this_run,
        "datasets": {
            name: {
                "data_hash": data.hash,
                "stand_in": data.splits.stand_in,
                "notices": list(data.splits.notices),
                "how_read": list(data.splits.how_read),
                "classes": list(data.splits.task.class_names),
                "sizes": [len(data.splits.train), len(data.splits.val), len(data.splits.test)],
                "per_class": _per_class(data.splits),
                **({"n_unlabeled": data.splits.n_unlabeled} if data.splits.n_unlabeled else {}),
            }
            for name, data in plan.data.items()
        },
        "aliases": aliases_of(plan.all_trials),
        **({"looks": plan.looking.kept(plan.suite.protocols)} if plan.looking else {}),
        "protocols": {each.hash: dataclasses.asdict(each) for each in plan.suite.all_protocols},
        "runs": [
            {
                "id": plan.run,
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "command": list(command),
                "git": git_revision(),
                "executor": str(plan.executor),
                "trials": len(plan.todo),
                **of_this_run,
            }
        ],
    }


def _per_class(splits: Splits) -> list[list[int]]:
    """Items of each class in the pool, the validation and the test split."""
    import numpy as np

    n_classes = splits.task.n_classes
    return [np.bincount(part.y, minlength=n_classes).tolist() for part in (splits.train, splits.val, splits.test)]


def git_revision() -> str:
    """Revision of the working folder's repository, "" where there is none."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def typed_command() -> list[str]:
    """The command line of this process, with the program's short name."""
    name = Path(sys.argv[0]).name
    return ["albench" if name == "__main__.py" else name, *sys.argv[1:]]
