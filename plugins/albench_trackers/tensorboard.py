"""Curves of each trial for TensorBoard."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from albench.api import PluginError, RoundEnd, SuiteFacts, Tracker, TrialFacts, option
from albench_trackers.scalars import scalars

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary


@dataclass
class TensorBoard(Tracker):
    """One TensorBoard run a trial, with the number of labels as the step; needs ``pip install 'albench[tensorboard]'``.

    A run holds the numbers of each round (``test/macro_f1``, ``training/loss``), and as texts what the trial is and how
    it ended. An interrupted trial goes on in the same run; what a round that is made again wrote before is dropped.
    """

    folder: str = option("tensorboard", "the folder of the runs, in the suite's folder")
    _runs: dict[str, _Run] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if importlib.util.find_spec("tensorboard") is None:
            raise PluginError("tracker tensorboard needs TensorBoard: pip install 'albench[tensorboard]'")

    def trial_start(self, trial: TrialFacts) -> None:
        run = self._run(trial)
        if run.new:
            run.texts(trial=_table(trial))

    def round_end(self, event: RoundEnd) -> None:
        self._run(event.trial).numbers(scalars(event.record), event.record["n_labeled"])

    def trial_end(self, trial: TrialFacts) -> None:
        self._run(trial).texts(status=f"{trial.status}: {trial.reason}" if trial.reason else trial.status)
        self._runs.pop(trial.key).close()

    def suite_end(self, suite: SuiteFacts) -> None:
        while self._runs:
            self._runs.popitem()[1].close()

    def _run(self, trial: TrialFacts) -> _Run:
        if trial.key not in self._runs:
            self._runs[trial.key] = _Run(Path(trial.folder) / self.folder / trial.key)
        return self._runs[trial.key]


class _Run:
    """The run of one trial: a new file of events in its folder.

    Attributes
    ----------
    new
        Whether there was none before.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.new = not folder.exists()
        self._writer = EventFileWriter(str(folder))
        self._step: int | None = None

    def numbers(self, values: dict[str, float], step: int) -> None:
        """A round's numbers; the first ones take the place of what an earlier file has from that step on."""
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary

        if self._step is None or step <= self._step:
            self._add(step, session_log=SessionLog(status=SessionLog.START))
        self._step = step
        self._add(step, summary=Summary(value=[Summary.Value(tag=k, simple_value=v) for k, v in values.items()]))
        self._writer.flush()

    def texts(self, **texts: str) -> None:
        """Texts at the last round's step."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._add(self._step or 0, summary=Summary(value=[_text(tag, text) for tag, text in texts.items()]))
        self._writer.flush()

    def _add(self, step: int, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(wall_time=time.time(), step=step, **content))

    def close(self) -> None:
        self._writer.close()


def _text(tag: str, text: str) -> Summary.Value:
    """A value that TensorBoard shows under "Text"."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING
    from tensorboard.plugins.text.metadata import create_summary_metadata

    content = TensorProto(dtype=DT_STRING, string_val=[text.encode(errors="replace")])
    return Summary.Value(tag=tag, tensor=content, metadata=create_summary_metadata(None, None))


def _table(trial: TrialFacts) -> str:
    """What the trial is, in Markdown."""
    names = ("dataset", "method", "strategy", "backbone", "seed")
    rows = [f"| {name} | `{getattr(trial, name)}` |" for name in names]
    return "\n".join(["| | |", "|---|---|", *rows])
