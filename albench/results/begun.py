"""How many trials of a suite have not begun: its manifest has the number that a run planned, not their names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

FILES = ("trial.json", "rounds.jsonl", "outcome.json")
"""A trial's files, by whose times one sees when something happened to it."""


def not_begun(run: Mapping[str, Any], trials: Iterable[tuple[bool, float]]) -> int:
    """Trials of a run that have no folder yet; rather too few than too many.

    Of the run's trials, those are begun that were written to since it started; what is not complete and was not written
    to is, as long as the same command was typed again, still before it.

    Parameters
    ----------
    run
        The last entry of the manifest's ``runs``; nothing is known of an empty one.
    trials
        Of each trial that was not skipped, whether it is complete, and when it was last written to, in seconds since
        the epoch.
    """
    if not {"started", "trials"} <= {*run}:
        return 0
    started = datetime.fromisoformat(run["started"]).timestamp()
    return max(0, int(run["trials"]) - sum(changed >= started or not complete for complete, changed in trials))


def not_begun_words(where: str, manifest: Mapping[str, Any], trials: Iterable[tuple[Path, str]]) -> str:
    """A line on what has not begun of a suite; empty where all has.

    Parameters
    ----------
    where
        How the user knows the suite.
    trials
        Folder and status of each.
    """
    run = (manifest.get("runs") or [{}])[-1]
    n = not_begun(run, [(status == "complete", _changed(folder)) for folder, status in trials if status != "skipped"])
    if not n:
        return ""
    have = "has not begun and is" if n == 1 else "have not begun and are"
    return (
        f"{n:,} of the {int(run['trials']):,} trials that the last run of {where} planned {have} in no table: the same "
        "command, typed again, goes on with them."
    )


def stat_of(path: Path | str) -> os.stat_result | None:
    """The file's facts; None where there is none."""
    try:
        return os.stat(path)  # noqa: PTH116  # thousands, and a Path of each would take most of the time
    except OSError:
        return None


def _changed(folder: Path) -> float:
    return max((stat.st_mtime for name in FILES if (stat := stat_of(f"{folder}/{name}"))), default=0.0)
