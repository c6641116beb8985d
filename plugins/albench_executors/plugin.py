"""Registers the built-in executors."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    add.executor(
        "local", "albench_executors.local:Local", "one trial after the other, in this process", default_for=("one",)
    )
    add.executor(
        "processes",
        "albench_executors.processes:Processes",
        "one trial in each worker process",
        default_for=("several",),
    )
    add.executor("ray", "albench_executors.ray_:Ray", "one trial in each task of a Ray cluster")
    add.executor("slurm", "albench_executors.slurm:Slurm", "one trial in each Slurm job")
