"""What runs on the nodes of a Ray cluster."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

from albench.api import Ended, Failed, Job, Outcome, Run
from albench_executors.workers import Post

POLL = 0.2
"""Seconds between two looks for news, and between two messages of a trial that only say how far it is."""


def carry_out(run: Run, job: Job, files: bytes | None, marker: str, mailbox: Any) -> tuple[Outcome, list[Ended], bytes]:
    """Carry out a job on this node.

    Parameters
    ----------
    files
        What is on disk of the job's trials, packed; None where it is carried out in the suite's folder itself.
    marker
        A file in that folder, if it has one.

    Returns
    -------
    The outcome, the ends of its trials where it has several, and the files that go home.
    """
    import ray

    if files is None and marker and not Path(marker).exists():
        node = ray.util.get_node_ip_address()
        return Failed(job.key, f"node {node} does not see {job.folder}: write ray[shared_folder=false]"), [], b""
    post = Post(lambda events: mailbox.put.remote(pickle.dumps(events)), POLL)
    try:
        if files is None:
            return run(job, post.send), post.ended, b""
        with tempfile.TemporaryDirectory(prefix="albench-", ignore_cleanup_errors=True) as scratch:
            away = job.at(Path(scratch, Path(job.folder).name))
            away.unpack(files)
            outcome = run(away, post.send)
            return outcome, post.ended, away.pack()
    finally:
        ray.get(post.flush())
