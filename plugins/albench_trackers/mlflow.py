"""One MLflow run a trial."""

from __future__ import annotations

import importlib.util
import logging
import posixpath
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from albench.api import PluginError, RoundEnd, SuiteFacts, Tracker, TrialFacts, option
from albench_trackers.scalars import scalars

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

STORE = "mlruns"
"""The folder, in the suite's folder, of runs that go nowhere else."""
KEY, REASON = "albench.trial", "albench.reason"
"""Tags of a run: the trial's key, and why it failed."""
BATCH = 1000
"""Most metrics that MLflow takes at once."""
STATUS = {"failed": "FAILED", "stopped": "KILLED"}
"""How a trial ended, as MLflow says it."""
LONGEST = 5000
"""Most characters that MLflow keeps of a tag."""


@dataclass
class MLflow(Tracker):
    """One MLflow run a trial, with the number of labels as the step; needs ``pip install 'albench[mlflow]'``.

    A run has the trial's parts as params, the numbers of each round (``test/macro_f1``, ``training/loss``) as metrics,
    and the status FINISHED, FAILED, or KILLED where it was stopped, with the tag ``albench.reason``. An interrupted,
    stopped or failed trial goes on in its run; one that is made again from the start gets a new run. Without a ``uri``
    the runs go into ``mlruns/mlflow.db`` in the suite's folder: ``mlflow ui --backend-store-uri sqlite:///PATH`` shows
    them.
    """

    uri: str = option("", "tracking server or store, such as http://localhost:5000; by default a file of the suite's")
    experiment: str = option("", "name of the experiment; by default that of the suite's folder")
    _books: dict[str, _Book] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if importlib.util.find_spec("mlflow") is None:
            raise PluginError("tracker mlflow needs MLflow: pip install 'albench[mlflow]'")
        if not self.uri and not all(map(importlib.util.find_spec, ("sqlalchemy", "alembic"))):
            raise PluginError(
                "tracker mlflow needs SQLAlchemy for runs on this machine: pip install 'albench[mlflow]', or give a "
                "server: mlflow[uri=http://...]"
            )

    def suite_start(self, suite: SuiteFacts) -> None:
        self._book(suite.path)  # the store is made once, before the workers start

    def trial_start(self, trial: TrialFacts) -> None:
        self._book(trial.folder).start(trial)

    def round_end(self, event: RoundEnd) -> None:
        self._book(event.trial.folder).round(event)

    def trial_end(self, trial: TrialFacts) -> None:
        self._book(trial.folder).end(trial)

    def _book(self, folder: str) -> _Book:
        if folder not in self._books:
            self._books[folder] = _Book(Path(folder).resolve(), self.uri, self.experiment)
        return self._books[folder]


class _Book:
    """The runs of one suite.

    Parameters
    ----------
    folder
        The suite's folder.
    uri, experiment
        The tracker's options.
    """

    def __init__(self, folder: Path, uri: str, experiment: str) -> None:
        self._runs: dict[str, str] = {}
        name = experiment or folder.name
        if uri:
            self._client = _client(uri)
            self._experiment = _experiment(self._client, name, None)
            return
        from filelock import FileLock

        store = folder / STORE
        store.mkdir(parents=True, exist_ok=True)
        with FileLock(store / "lock"):  # MLflow makes its tables without one
            self._client = _client(f"sqlite:///{(store / 'mlflow.db').as_posix()}")
            self._experiment = _experiment(self._client, name, (store / "artifacts").as_uri())

    def start(self, trial: TrialFacts) -> None:
        """Go on in the trial's run, or begin one; beside a finished one only with the first round."""
        last = self._last(trial.key)
        if last is None:
            self._begin(trial)
        if last is None or last.info.status == "FINISHED":
            return
        self._runs[trial.key] = last.info.run_id
        self._client.update_run(last.info.run_id, "RUNNING")
        if REASON in last.data.tags:
            self._client.delete_tag(last.info.run_id, REASON)

    def round(self, event: RoundEnd) -> None:
        """Log a round; a trial made again from the start leaves its old run."""
        from mlflow.entities import Metric

        run = self._run(event.trial)
        if event.record["round"] == 0 and self._client.get_run(run).data.metrics:
            self._client.set_tag(run, REASON, "made again from the start, in another run")
            self._client.set_terminated(run, "KILLED")
            run = self._begin(event.trial)
        now, step = int(time.time() * 1000), event.record["n_labeled"]
        metrics = [Metric(_allowed(name), value, now, step) for name, value in scalars(event.record).items()]
        for first in range(0, len(metrics), BATCH):
            self._client.log_batch(run, metrics=metrics[first : first + BATCH])

    def end(self, trial: TrialFacts) -> None:
        """Close the trial's run."""
        if trial.status == "done" and trial.key not in self._runs:
            self.start(trial)
            if trial.key not in self._runs:  # finished before, and not gone on with
                return
        run = self._run(trial)
        if trial.reason:
            self._client.set_tag(run, REASON, trial.reason[:LONGEST])
        self._client.set_terminated(run, STATUS.get(trial.status, "FINISHED"))
        del self._runs[trial.key]

    def _run(self, trial: TrialFacts) -> str:
        if trial.key not in self._runs:
            self.start(trial)
        return self._runs[trial.key] if trial.key in self._runs else self._begin(trial)

    def _begin(self, trial: TrialFacts) -> str:
        from mlflow.entities import Param

        run: str = self._client.create_run(self._experiment, tags={KEY: trial.key}, run_name=trial.key).info.run_id
        names = ("dataset", "method", "strategy", "backbone", "seed")
        self._client.log_batch(run, params=[Param(name, str(getattr(trial, name))) for name in names])
        self._runs[trial.key] = run
        return run

    def _last(self, key: str) -> Run | None:
        """The newest run of a trial."""
        found = self._client.search_runs(
            [self._experiment], f"tags.\"{KEY}\" = '{key}'", max_results=1, order_by=["attributes.start_time DESC"]
        )
        return found[0] if found else None


def _client(uri: str) -> MlflowClient:
    from mlflow import MlflowClient

    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)  # it tells that it makes its tables
    return MlflowClient(tracking_uri=uri)


def _experiment(client: MlflowClient, name: str, artifacts: str | None) -> str:
    """The experiment's id; where another process makes it at the same moment, that one's."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=artifacts))
        except MlflowException:
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)


def _allowed(name: str) -> str:
    """A metric's name without what MLflow does not allow in one."""
    return posixpath.normpath(re.sub(r"[^\w./ -]", "_", name))[:250]
