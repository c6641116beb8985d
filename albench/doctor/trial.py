"""A self-test: two rounds of a small trial, carried out twice, must train, query and come out the same."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from albench.api.executor import Note, Progress
from albench.components.defaults import default, stand_in
from albench.components.registry import registry
from albench.devices import there
from albench.doctor.diagnosis import Diagnosis
from albench.errors import AlbenchError, PluginError
from albench.results.records import read_trial, trial_folders, without_measured
from albench.session import Silent, run

SETTINGS: dict[str, Any] = {"rounds": 2, "steps": 10, "initial": 20, "query_size": 10, "batch_size": 16}


def diagnoses() -> Iterator[Diagnosis]:
    """On the CPU, and on the GPU where there is one."""
    try:
        components = _parts()
    except PluginError as error:
        yield Diagnosis("train and query", "broken", str(error), "runs that name all three with -d, -m and -s work")
        return
    for device in ("cpu", *there()[:1]):
        with tempfile.TemporaryDirectory(prefix="albench-doctor-", ignore_cleanup_errors=True) as scratch:
            yield from _both(Path(scratch), device, components)


class Notes(Silent):
    """Keeps what a run would have told its user."""

    def __init__(self) -> None:
        self.texts: dict[str, None] = {}

    def event(self, event: Progress | Note) -> None:
        if isinstance(event, Note):
            self.texts[event.text] = None


def _parts() -> dict[str, Any]:
    """What is run where nothing is named, on data that are always there."""
    loaded = registry()
    return {
        "dataset": stand_in(loaded, default(loaded, "dataset")),
        "method": default(loaded, "method"),
        "strategy": default(loaded, "strategy"),
        "executor": default(loaded, "executor", "one"),
    }


def _both(scratch: Path, device: str, components: dict[str, Any]) -> Iterator[Diagnosis]:
    what = f"train and query, {device.partition(':')[0]}"
    words = "{method} + {strategy} on {dataset}".format(**components)
    command = f"'albench run --device {device} --steps 10 --rounds 2' shows it whole"
    started = time.monotonic()
    notes = Notes()
    try:
        first, second = (_records(scratch / name, device, notes, components) for name in ("first", "second"))
    except AlbenchError as error:
        yield Diagnosis(what, "broken", f"{words}: {error}", command)
        return
    for text in notes.texts:
        yield Diagnosis("listeners", "warning", text, "mend or uninstall that plugin: it failed at what a run tells it")
    took = time.monotonic() - started
    if first != second:
        advice = "results cannot be repeated here: mend the installation of torch, or test the machine's memory"
        yield Diagnosis(what, "broken", f"{words}: two runs of one seed differ", advice)
    else:
        yield Diagnosis(what, "ok", f"{words}: two runs of one seed are the same, {took:.1f} s")


def _records(out: Path, device: str, listener: Notes, components: dict[str, Any]) -> list[dict[str, Any]]:
    """What a run leaves, without what it measured; it goes the whole way that every run goes."""
    run(seeds=1, out=out, device=device, listener=listener, **components, **SETTINGS)
    (folder,) = trial_folders(next(out.iterdir()))
    return [without_measured(record) for record in read_trial(folder).records]
