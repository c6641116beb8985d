"""The cluster that a driver is connected to, and where on it things run."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

from albench.api import UserError
from albench_executors import ray_node
from albench_executors.workers import one_line

PATIENCE = 10.0
"""Seconds that nodes are given to answer, and cancelled tasks to end."""


def connect(address: str) -> Any:
    """The module ``ray``, connected to a cluster: the one that this process uses already, if any.

    Raises
    ------
    UserError
        There is no cluster at the address.
    """
    # Read when Ray is imported: no usage reports, and nothing of Ray's own between the lines of a run.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    import ray

    ray.cloudpickle.register_pickle_by_value(ray_node)
    if ray.is_initialized():
        return ray
    before = signal.getsignal(signal.SIGTERM)
    try:
        _knock(address)
        quiet: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.ERROR}
        ray.init(address=address or None, **quiet, **_own_job(address))
    except (OSError, ValueError) as error:
        where = f"at {address}" if address else "on this machine"
        raise UserError(f"there is no Ray {where} ({one_line(error)}): start one with 'ray start --head'.") from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)  # Ray sets its own; a run ends on SIGTERM as on Ctrl-C
    return ray


def _own_job(address: str) -> dict[str, Any]:
    """What Ray is told of the job: its workers look where ``worker_environment`` says, and nowhere before."""
    if address.startswith("ray://"):  # its server makes the job
        return {}
    from ray.job_config import JobConfig

    class OwnJob(JobConfig):
        def _runtime_env_has_working_dir(self) -> bool:
            """Where it has, Ray does not put the driver's working folder in front of all others."""
            return True

    return {"job_config": OwnJob()}


def _knock(address: str) -> None:
    """Raise ``OSError`` where nobody listens: Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()


def this_node(ray: Any) -> str:
    return str(ray.get_runtime_context().get_node_id())


def on(node: str) -> Any:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node_id=node, soft=False)


@contextlib.contextmanager
def marker(folder: str) -> Iterator[str]:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".ray-") as file:
        yield file.name
