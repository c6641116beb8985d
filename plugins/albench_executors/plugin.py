"""Registers the built-in executors."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    add.executor("local", "albench_executors.local:Local", "one trial after the other, in this process")
    add.executor("processes", "albench_executors.processes:Processes", "one trial in each worker process")
