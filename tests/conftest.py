"""Fixtures that many tests share."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks" / "faults"))
from forks import Nursery
from forks import nursery as a_nursery

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job: commands under test inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
# How fast a machine is beside other work says nothing of what is tested.
hypothesis.settings.register_profile("busy", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")
torch.set_num_threads(1)  # as a trial does: more threads than free cores make a test slower, not faster
WRITE_NO_BYTECODE, sys.dont_write_bytecode = sys.dont_write_bytecode, False  # while tests are collected, see below

TOY = Path(__file__).parent / "plugin_files" / "toy.py"
HELD = TOY.with_name("held.py")
LONG = {"authors", "albench_executors", "test_executors_and_trackers.py", "faults"}
"""Folders and files of tests that start systems, packages and processes of their own."""
SMALL = {"batch_size": 16, "initial": 12, "query_size": 8, "rounds": 3, "steps": 8, "evaluations": 2}


class FromTheEnd(pytest.Dir):
    """A folder of tests, the last one first."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        yield from reversed([*super().collect()])


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Half of the workers begin at the other end.

    Pytest rewrites the assertions of a file where nobody has left the result in ``__pycache__``, ten seconds for all of
    them; so workers leave each other half of it.
    """
    from_the_end = os.environ.get("PYTEST_XDIST_WORKER", "gw0").endswith(tuple("13579"))
    return FromTheEnd.from_parent(parent, path=path) if from_the_end else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The same order in every worker: what takes long begins early, as the last ones leave other workers idle."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: (not LONG.intersection(item.path.parts), item.path.parts))


def pytest_collection_finish() -> None:
    """Whatever was collected is there until the end: with it, each look for garbage takes a third of a second.

    Libraries are loaded by now, and their threads limited as torch's are: others would wait in loops for a free core.
    """
    sys.dont_write_bytecode = WRITE_NO_BYTECODE
    gc.collect()
    gc.freeze()
    threadpool_limits(1)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """What libraries look at in the end is found again, as by ``gc.get_referrers``."""
    gc.unfreeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests that stand together stay together while all workers have some, so that what they share is made once."""
    if config.getvalue("dist") != "load":  # the user's own choice
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture
def toy() -> str:
    """The plugin file with small data sets and misbehaving strategies."""
    return str(TOY)


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """A copy of the plugin file whose methods wait at the step that ``held.hold`` beside it names."""
    return Path(shutil.copy(HELD, tmp_path))


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command line in this process, which saves importing torch; gives what it prints once it ended well."""

    def run(words: Sequence[str], folder: Path) -> str:
        from albench.cli.main import main

        monkeypatch.chdir(folder)
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(list(words))
        printed = capsys.readouterr()
        assert end.value.code == 0, f"{words}\n{printed.out}\n{printed.err}"
        return printed.out

    return run


@pytest.fixture
def say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The command line in a folder of its own -> exit code, what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        from albench.cli.main import main

        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return int(end.value.code or 0), captured.out + captured.err

    return run


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Carries commands out in processes of their own that are forked from one with torch imported."""
    with a_nursery() as made:
        yield made


@pytest.fixture
def small_run(tmp_path: Path, toy: str) -> Callable[..., Any]:
    """``albench.run`` on the blobs, small enough for a test."""

    def run(**changes: Any) -> Any:
        import albench

        settings: dict[str, Any] = {
            "dataset": "blobs",
            "strategy": "random",
            "method": "fixmatch",
            "seeds": 1,
            "out": tmp_path / "results",
            "executor": "local",
            "plugins": [toy],
            **SMALL,
            **changes,
        }
        return albench.run(**settings)

    return run


@pytest.fixture
def job_of(small_run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Carries a small run out and gives its first job, as a worker gets it."""
    import albench.execution.runner as runner

    def job(**changes: Any) -> Any:
        found: list[Any] = []
        real = runner.jobs_of

        def keep(*arguments: Any) -> Iterator[Any]:
            for each in real(*arguments):
                found.append(each)
                yield each

        monkeypatch.setattr(runner, "jobs_of", keep)
        small_run(**changes)
        monkeypatch.setattr(runner, "jobs_of", real)
        return found[0]

    return job


def stable(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """trial key -> its records without what measures time and memory."""
    from albench.results.records import read_trial, trial_folders, without_measured

    return {path.name: [without_measured(r) for r in read_trial(path).records] for path in trial_folders(folder)}


@pytest.fixture
def stable_records() -> Callable[[Path], dict[str, list[dict[str, Any]]]]:
    return stable
