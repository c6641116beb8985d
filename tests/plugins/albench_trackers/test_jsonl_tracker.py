"""The file of JSON lines, read back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from albench.api import RoundEnd, SuiteFacts, TrialFacts, UserError
from albench.components.registry import registry
from albench.results.records import read_trial, trial_folders


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_event_of_a_run_is_a_line(small_run: Callable[..., Any], tmp_path: Path) -> None:
    before = datetime.now(UTC)
    small_run(trackers=["jsonl"], seeds=2)
    folder = tmp_path / "results" / "blobs"
    found = lines(folder / "events.jsonl")
    trial = ["trial_start", "round_end", "round_end", "round_end", "trial_end"]
    assert [line["event"] for line in found] == ["suite_start", *trial, *trial, "suite_end"]
    assert found[0]["suite"]["name"] == "blobs"
    assert found[0]["suite"]["n_trials"] == 2
    assert found[0]["suite"]["manifest"]["datasets"]["blobs"]["classes"] == ["low", "middle", "high"]
    assert [found[1]["trial"][key] for key in ("dataset", "method", "strategy", "seed", "status")] == [
        *("blobs", "fixmatch", "random", 0, "running")
    ]
    on_disk = [record for path in trial_folders(folder) for record in read_trial(path).records]
    told = [line["record"] for line in found if line["event"] == "round_end"]
    assert told == on_disk
    assert found[5]["trial"]["status"] == "done"
    times = [datetime.fromisoformat(line["time"]) for line in found]
    assert times == sorted(times)
    assert abs((times[0] - before).total_seconds()) < 60


def test_a_failed_trial_is_told_with_its_reason(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(trackers=["jsonl[file=logs/all.jsonl]"], strategy=["wrong", "random"], on_failure="keep")
    found = lines(tmp_path / "results" / "blobs" / "logs" / "all.jsonl")
    ends = {line["trial"]["strategy"]: line["trial"] for line in found if line["event"] == "trial_end"}
    assert ends["wrong"]["status"] == "failed"
    assert "no idea what to pick" in ends["wrong"]["reason"]
    assert ends["random"]["status"] == "done"


def test_a_line_is_a_single_write_at_the_end_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = registry().build("tracker", "jsonl")
    written: list[bytes] = []
    write = os.write

    def watched(descriptor: int, content: bytes) -> int:
        written.append(content)
        with (tmp_path / "events.jsonl").open("ab") as other:  # as another process would, in between
            other.write(b'{"event":"other"}\n')
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", watched)
    trial = TrialFacts("key", "d", "m", "s", "b", 0, folder=str(tmp_path))
    tracker.round_end(RoundEnd(trial, {"round": 0, "queried": list(range(5000))}))
    tracker.suite_end(SuiteFacts("s", str(tmp_path), 1, {"name": "Ünïcode ✓"}))
    monkeypatch.undo()
    assert [content[-1:] for content in written] == [b"\n", b"\n"]
    found = lines(tmp_path / "events.jsonl")
    assert [line["event"] for line in found] == ["other", "round_end", "other", "suite_end"]
    assert found[3]["suite"]["manifest"]["name"] == "Ünïcode ✓"


def test_options_are_checked() -> None:
    with pytest.raises(UserError, match="jsonl has no option 'path': it takes file"):
        registry().build("tracker", "jsonl[path=x]")


def test_a_file_that_cannot_be_written_ends_nothing(small_run: Callable[..., Any], tmp_path: Path) -> None:
    class Told:
        def __init__(self) -> None:
            self.events: list[Any] = []

        def plan(self, plan: Any) -> None: ...

        def event(self, event: Any) -> None:
            self.events.append(event)

        def outcome(self, outcome: Any) -> None: ...

    (tmp_path / "taken").write_text("a file, not a folder")
    told = Told()
    results = small_run(trackers=[f"jsonl[file={tmp_path}/taken/x]"], listener=told)
    assert results.failed.empty
    notes = [event.text for event in told.events if hasattr(event, "text")]
    assert notes
    assert all(note.startswith("tracker jsonl[file=") and "Error" in note for note in notes)
    assert len(notes) == len(set(notes))
