"""What is to be so on a CUDA device whatever its speed: the second table of cuda.py.

Each check is a row: what was looked at, what was found, what it is to be. One that cannot be carried out says why.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import albench
from albench import devices
from albench.api import Progress
from albench.api.executor import Note
from albench.results.records import read_trial, suite_folders, trial_folders, without_measured
from albench.session import Silent

ROOT = Path(__file__).resolve().parents[2]
THERE = "torch"
"""What a machine for CUDA has already, in the build for its driver."""
BESIDE = ("pytest", "pillow")
"""What the tests and the classical pipeline need beside albench's own requirements."""
SUITE: dict[str, Any] = {
    "dataset": "digits",
    "method": "fixmatch",
    "strategy": "boostmis",
    "backbone": "cnn",
    "initial": 50,
    "query_size": 50,
    "share": False,
    "executor": "local",
}
SIZES = {False: {"rounds": 4, "steps": 200}, True: {"rounds": 2, "steps": 2, "batch_size": 4, "backbone": "mlp"}}
"""Of a trial, by whether it is small."""
WAIT = 600.0
"""Seconds that a trial to be killed is given for its first round."""

Row = tuple[str, str, str]
Records = dict[int, list[dict[str, Any]]]


class NotMeasured(Exception):
    """A check that cannot be carried out here; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where the checks are made.

    Attributes
    ----------
    pretended
        Whether the device is not there: other processes do not see it.
    small
        Tiny trials, to try the checks out.
    """

    device: str
    pretended: bool
    small: bool

    def run(self, out: Path, **more: Any) -> Records:
        """Seed -> records of a small suite, timings aside."""
        albench.run(out=out, device=self.device, **{**SUITE, **SIZES[self.small], "seeds": 1, **more})
        return records(out)

    def alone(self) -> None:
        """Refuse what needs another process where that would see no device."""
        if self.pretended:
            raise NotMeasured("another process sees no pretended device")


def records(out: Path) -> Records:
    """Seed -> records of its trial, timings aside."""
    trials = [read_trial(path) for suite in suite_folders(out) for path in trial_folders(suite)]
    return {trial.facts["seed"]: [without_measured(record) for record in trial.records] for trial in trials}


def required() -> list[str]:
    """What albench and its tests need, torch aside, as pip reads it."""
    own = [each for each in importlib.metadata.requires("albench") or [] if "extra ==" not in each]
    return [each for each in own if _name(each) != THERE] + list(BESIDE)


def missing() -> list[str]:
    """Of ``required()`` what this machine lacks."""
    return [each for each in required() if not _installed(_name(each))]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def wheels() -> str:
    """How to fetch, on a machine with a network, what one with Python 3.12 and a torch for CUDA lacks."""
    quoted = " ".join(f"'{each}'" for each in required())
    return (
        "pip wheel --no-deps -w wheels .\n"
        "pip download --only-binary=:all: --python-version 3.12 --platform manylinux_2_28_x86_64 -d wheels \\\n"
        f"  {quoted}\n"
        "there: pip install --no-index --find-links wheels albench pytest pillow"
    )


def rows(place: Place) -> Iterator[Row]:
    """Every check, as its row."""
    for what, check, goal in CHECKS:
        try:
            found = check(place)
        except NotMeasured as why:
            found = f"not measured: {why}"
        except Exception as error:
            found = f"failed: {' '.join(f'{type(error).__name__}: {error}'.split())[:200]}"
        yield what, found.replace("|", "/"), goal


def own_tests(place: Place) -> str:
    """The last line of the tests that need CUDA."""
    place.alone()
    words = ["-m", "pytest", "-q", "-m", "cuda", "-p", "no:cacheprovider", str(ROOT / "tests")]
    return _last_line(words)


def doctor(place: Place) -> str:
    """The end of ``albench doctor``."""
    place.alone()
    return _last_line(["-m", "albench", "doctor"])


def bench(place: Place) -> str:
    """The end of ``albench bench``."""
    place.alone()
    return _last_line(["-m", "albench", "bench", "--device", place.device])


def _last_line(words: list[str]) -> str:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, cwd=ROOT)
    lines = [line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'no word'} (exit code {done.returncode})"


def one_seed_twice(place: Place) -> str:
    """Whether a seed gives the same records twice."""
    with _scratch() as out:
        first, second = (place.run(out / name) for name in ("first", "second"))
    return _alike(first, second)


def killed(place: Place) -> str:
    """Whether a trial that was killed in its second round ends as one that was not."""
    with _scratch() as out:
        whole = place.run(out / "whole")
        if place.pretended:
            with contextlib.suppress(KeyboardInterrupt):
                place.run(out / "part", listener=_Stopping())
        else:
            _kill(place, out / "part")
        before = sum(map(len, records(out / "part").values()))
        return f"{_alike(whole, place.run(out / 'part'))}; {before} of {len(whole[0])} rounds were there"


class _Stopping(Silent):
    """Ends a run in its second round."""

    def event(self, event: object) -> None:
        if isinstance(event, Progress) and event.round == 1:
            raise KeyboardInterrupt


def _kill(place: Place, out: Path) -> None:
    """Start a trial in a process of its own, and kill it once it has a record."""
    made = {**SUITE, **SIZES[place.small], "seeds": 1, "out": str(out), "device": place.device}
    process = subprocess.Popen([sys.executable, "-c", f"import albench; albench.run(**{made!r})"])
    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < WAIT:
        if any(file.stat().st_size for file in out.rglob("rounds.jsonl")):
            break
        time.sleep(0.05)
    process.kill()
    process.wait()


def lanes(place: Place) -> str:
    """How far seeds that train together are from the same alone."""
    count = 2 if place.small else 8
    with _scratch() as out:
        alone = place.run(out / "alone", seeds=count)
        together = place.run(out / "together", seeds=count, lanes=str(count))
    pairs = [pair for seed in alone for pair in zip(alone[seed], together[seed], strict=True)]
    same = sum(one["queried"] == other["queried"] for one, other in pairs)
    apart = max(abs(one["test"]["macro_f1"] - other["test"]["macro_f1"]) for one, other in pairs)
    return f"{same} of {len(pairs)} queries the same, macro-F1 at most {apart:.1e} apart"


def graphs(place: Place) -> str:
    """Whether steps as CUDA graphs leave the records of steps without."""
    size = {"steps": 12, "rounds": 1} if place.small else {}
    told = _Reading()
    with _scratch() as out:
        without = place.run(out / "without", **size)
        by_graph = place.run(out / "graphs", graphs=True, listener=told, **size)
    return "; ".join((_alike(without, by_graph), *told.notes))


class _Reading(Silent):
    """Keeps what a run notes."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def event(self, event: object) -> None:
        if isinstance(event, Note):
            self.notes.append(event.text)


def memory(place: Place) -> str:
    """Most memory of a trial and of lanes, and what the device has."""
    count = 2 if place.small else 32
    found = []
    with _scratch() as out:
        for number, name, more in ((0, "one seed", {}), (1, f"{count} lanes", {"seeds": count, "lanes": str(count)})):
            place.run(out / str(number), **more)
            trials = [read_trial(path) for suite in suite_folders(out / str(number)) for path in trial_folders(suite)]
            most = max(record["peak_memory_mb"] or 0.0 for trial in trials for record in trial.records)
            found.append(f"{name} {most:,.0f} MiB")
    free, whole = devices.memory(place.device)
    return f"{', '.join(found)} at most; {free / 2**30:.0f} of {whole / 2**30:.0f} GiB free"


def _alike(one: Records, other: Records) -> str:
    """In how many rounds records are the same."""
    pairs = [pair for seed in one for pair in zip(one[seed], other.get(seed, []), strict=False)]
    same = sum(first == second for first, second in pairs)
    return f"{same} of {sum(map(len, one.values()))} records the same"


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for runs, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="albench-cuda-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


CHECKS: tuple[tuple[str, Callable[[Place], str], str], ...] = (
    ("`pytest -m cuda`", own_tests, "none failed"),
    ("`albench doctor`", doctor, "exit code 0"),
    ("`albench bench`", bench, "exit code 0"),
    ("one seed twice", one_seed_twice, "all the same"),
    ("killed in round 1 and started again", killed, "all the same"),
    ("lanes beside the same seeds alone", lanes, "equal but for rounding"),
    ("steps as CUDA graphs beside steps without", graphs, "all the same"),
    ("memory", memory, "-"),
)
"""What, how, and what it is to be."""
