"""Every event as one line of JSON in a file."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from albench.api import RoundEnd, SuiteFacts, Tracker, TrialFacts, option


@dataclass(frozen=True)
class JsonLines(Tracker):
    """Every event as one line of JSON in a file: ``event``, ``time`` (UTC), and the facts by name.

    Each line is appended by a single write, so that the lines of several processes do not mix.
    """

    file: str = option("events.jsonl", "the file, in the suite's folder")

    def suite_start(self, suite: SuiteFacts) -> None:
        self._append(suite.path, "suite_start", suite=dataclasses.asdict(suite))

    def trial_start(self, trial: TrialFacts) -> None:
        self._append(trial.folder, "trial_start", trial=dataclasses.asdict(trial))

    def round_end(self, event: RoundEnd) -> None:
        self._append(event.trial.folder, "round_end", trial=dataclasses.asdict(event.trial), record=event.record)

    def trial_end(self, trial: TrialFacts) -> None:
        self._append(trial.folder, "trial_end", trial=dataclasses.asdict(trial))

    def suite_end(self, suite: SuiteFacts) -> None:
        self._append(suite.path, "suite_end", suite=dataclasses.asdict(suite))

    def _append(self, folder: str, event: str, **facts: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"event": event, "time": now, **facts}, separators=(",", ":"), allow_nan=False)
        path = Path(folder) / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)
