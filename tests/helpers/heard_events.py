"""What the tracker ``jsonl`` heard of a run."""

from __future__ import annotations

import json
from pathlib import Path


def heard(folder: Path) -> list[tuple[str, str, str]]:
    """Event, status and reason of each line that the tracker ``jsonl`` wrote."""
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    return [(t["event"], t.get("trial", {}).get("status", ""), t.get("trial", {}).get("reason", "")) for t in events]


def names(folder: Path) -> list[str]:
    """The events alone."""
    return [event for event, _, _ in heard(folder)]
