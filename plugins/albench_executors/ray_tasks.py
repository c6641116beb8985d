"""What runs on the nodes of a Ray cluster."""

from __future__ import annotations

import pickle
from typing import Any

from albench.api import Ended, Failed, Outcome, Run
from albench_executors.ray_node import is_there
from albench_executors.travel import Files, carry_out_away
from albench_executors.workers import Post

POLL = 0.2
"""Seconds between two looks for news, and between two messages of a trial that only say how far it is."""


def carry_out(run: Run, job: Any, files: Files | None, marker: str, mailbox: Any) -> tuple[Outcome, list[Ended], Files]:
    """Carry out a job on this node.

    Parameters
    ----------
    files
        Those of the job's trials; None where it is carried out in the suite's folder itself.
    marker
        A file in that folder, if it has one.

    Returns
    -------
    The outcome, the ends of its trials where it has several, and the files that go home.
    """
    import ray

    if files is None and marker and not is_there(marker):
        node = ray.util.get_node_ip_address()
        return Failed(job.key, f"node {node} does not see {job.folder}: write ray[shared_folder=false]"), [], {}
    post = Post(lambda events: mailbox.put.remote(pickle.dumps(events)), POLL)
    try:
        if files is None:
            return run(job, post.send), post.ended, {}
        outcome, files = carry_out_away(run, job, files, post.send)
        return outcome, post.ended, files
    finally:
        ray.get(post.flush())
