"""Registers the built-in trackers."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    add.tracker("jsonl", "albench_trackers.jsonl:JsonLines", "every event as one line of JSON in a file")
    add.tracker("tensorboard", "albench_trackers.tensorboard:TensorBoard", "curves of each trial for TensorBoard")
    add.tracker("mlflow", "albench_trackers.mlflow:MLflow", "one MLflow run a trial")
