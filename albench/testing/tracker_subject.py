"""A tracker under test: told what a run tells, in a suite's folder made for it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from albench.api.facts import RoundEnd, SuiteFacts, TrialFacts
from albench.api.tracker import Tracker
from albench.testing.report import Fault, Subject, first_line

EVENTS = ("suite_start", "trial_start", "round_end", "trial_end", "suite_end")
"""The methods of a tracker, in the order in which they are first called."""
CLASSES = ("low", "middle", "high")


class TrackerSubject(Subject):
    """A tracker under test."""

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        with suite_folder():
            tracker = build()
        for name in EVENTS:
            if not callable(getattr(tracker, name, None)):
                raise Fault(f"{type(tracker).__name__} has no {name}(): subclass albench.api.Tracker")

    def tell(self, tracker: Tracker, event: str, /, **facts: Any) -> None:
        """One event, as a run tells it."""
        self.case = f"{event} of {_named(**facts)}"
        try:
            getattr(tracker, event)(**facts)
        except SystemExit as error:
            raise Fault(f"{event} called sys.exit({error.code!r})") from None
        except TypeError as error:
            if "unexpected keyword argument" in str(error):
                (name,) = facts
                raise Fault(f"{event} is called as {event}({name}=...): {first_line(error)}") from None
            raise

    def tell_trial(
        self, tracker: Tracker, trial: TrialFacts, rounds: int = 3, reason: str = "", first: int = 0
    ) -> None:
        """A trial from its start to its end.

        Parameters
        ----------
        rounds, first
            How many rounds there are, and the first that is told.
        reason
            Why the trial fails after them.
        """
        self.tell(tracker, "trial_start", trial=trial)
        for number in range(first, rounds):
            self.tell(tracker, "round_end", event=RoundEnd(trial, record(number)))
        status = "failed" if reason else "done"
        self.tell(tracker, "trial_end", trial=replace(trial, status=status, reason=reason))

    def tell_suite(self, folder: Path) -> None:
        """A suite of two trials, one of which fails, to a fresh tracker."""
        tracker, suite = self.build(), suite_facts(folder)
        self.tell(tracker, "suite_start", suite=suite)
        self.tell_trial(tracker, trial_facts(folder, 0))
        self.tell_trial(tracker, trial_facts(folder, 1), 1, "strategy 'mine' returned 3 positions for a budget of 8")
        self.tell(tracker, "suite_end", suite=suite)


def _named(**facts: Any) -> str:
    """What an event is about."""
    for value in facts.values():
        if isinstance(value, RoundEnd):
            return f"round {value.record['round']} of trial {value.trial.key}"
        if isinstance(value, TrialFacts):
            return f"trial {value.key} ({value.status})"
    return "the suite"


@contextlib.contextmanager
def suite_folder() -> Iterator[Path]:
    """The folder of a suite that has run before; meanwhile the working directory is an empty one elsewhere."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as parent:
        folder = Path(parent).resolve() / "results" / "suite"
        trial = folder / "trials" / "earlier"
        trial.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(suite_facts(folder).manifest), encoding="utf-8")
        (trial / "rounds.jsonl").write_text(json.dumps(record(0)) + "\n", encoding="utf-8")
        elsewhere = Path(parent).resolve() / "working-directory"
        elsewhere.mkdir()
        with contextlib.chdir(elsewhere):
            yield folder


def suite_facts(folder: Path, name: str = "suite") -> SuiteFacts:
    """A suite of two trials."""
    manifest = {
        "format": 1,
        "suite": name,
        "versions": {"albench": "0.1.0", "python": "3.11.7", "torch": "2.6.0"},
        "datasets": {"blobs": {"data_hash": "4d19b16bc3602294", "stand_in": None, "classes": list(CLASSES)}},
        "protocols": {"01ca7584": {"initial": "12", "query_size": "8", "rounds": 3, "lr": 0.03, "start": "cold"}},
        "runs": [{"started": "2026-01-01T00:00:00+00:00", "command": ["run", "-s", "mine"], "trials": 2}],
    }
    return SuiteFacts(name, str(folder), 2, manifest)


def trial_facts(folder: Path, seed: int, strategy: str = "mine[alpha=0.5]") -> TrialFacts:
    """A trial that is running."""
    key = f"blobs--steady--{strategy.partition('[')[0]}--net--s{seed}--7783afbb84e8"
    return TrialFacts(key, "blobs", "steady[threshold=0.9]", strategy, "net", seed, folder=str(folder))


def record(number: int) -> dict[str, Any]:
    """The record of a round; the last of three queries nothing."""
    value = round(0.5 + 0.1 * number, 3)
    metrics = {"accuracy": value, "macro_f1": value - 0.1, "auroc": value + 0.1, "ece": 0.2}
    metrics |= {f"recall.{name}": value for name in CLASSES}
    query = {"per_class": {"all": [5, 2, 1]}, "minority_share": {"all": 0.375}, "notes": {"radius": 0.25}}
    return {
        "round": number,
        "n_labeled": 12 + 8 * number,
        "queried": list(range(8 * number, 8 * number + 8)) if number < 2 else [],
        "val": metrics,
        "test": dict(metrics),
        "pseudo_label": {"accepted": 0.5, "accuracy": 0.875, "rejected_per_class": [11, 22, 17]},
        "query": query if number < 2 else {},
        "training": {"best_step": 10, "loss": [1.5, 0.75, 0.5], "accepted": [0.0, 0.25, 0.5]},
        "initial_hash": "21ee329256ef140c",
        "seconds": {"train": 0.0392, "evaluate": 0.0024, "query": 0.0007},
        "peak_memory_mb": 335.1,
    }


def without_values(number: int) -> dict[str, Any]:
    """A record in which all that can be unknown is: None in the place of numbers, and nothing of the query."""
    full = record(number)
    nothing: dict[str, Any] = {
        split: {name: None if name != "accuracy" else value for name, value in full[split].items()}
        for split in ("val", "test")
    }
    nothing["pseudo_label"] = {"accepted": None, "accuracy": None, "rejected_per_class": None}
    nothing |= {"queried": [], "query": {}, "training": {"best_step": 1}, "peak_memory_mb": None}
    return full | nothing
