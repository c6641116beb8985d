"""How a suite is run, and not what comes out of it: folder, device, executor, limits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.components import spec as specs
from albench.components.spec import Spec
from albench.errors import SuiteError
from albench.suite.arguments import check, check_several
from albench.suite.limits import parse_duration


@dataclass(frozen=True)
class RunSettings:
    """All that a run is told beside its suite; none of it decides a number.

    Made once, by ``albench.run`` or the command line, and carried whole by the plan and its jobs. In a plan what was
    left open is settled: the device is one that is there, there is an executor, plugin files have their whole paths.

    Attributes
    ----------
    out
        Folder in which the suite has its own.
    device
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    executor
        None for the one that fits the machine.
    trackers
        Specs.
    plugin_files
        Files of plugins beside those that are installed.
    data_dir
        Where data sets look for their files.
    query_time_limit
        Seconds after which a query fails its trial.
    deadline
        When no further round is begun, in seconds since the epoch.
    share
        Whether trials that differ only by strategy train their first round once.
    fresh
        Whether what is complete is run again.
    strict
        Whether a folder that holds what was made with other versions or processors is refused, and so a process that
        has others.
    offline
        Whether data that are not here are refused, rather than downloaded.
    graphs
        Whether training steps are launched as CUDA graphs.
    """

    out: Path = Path("results")
    device: str = "auto"
    executor: Spec | None = None
    trackers: tuple[str, ...] = ()
    plugin_files: tuple[str, ...] = ()
    data_dir: str | None = None
    query_time_limit: float | None = None
    deadline: float | None = None
    share: bool = True
    fresh: bool = False
    strict: bool = False
    offline: bool = False
    graphs: bool = False


def run_settings(*, time_limit: str | float | None = None, plugins: Any = (), **words: Any) -> RunSettings:
    """Settings from what was typed or given to ``albench.run``, by the names that are used there.

    Raises
    ------
    UserError
        Where a value can be none of its setting, with one that can.
    """
    for name, value in {**words, "time_limit": time_limit}.items():
        if name != "trackers":
            check(name, value)
    limit = words.get("query_time_limit")
    if limit is not None and not limit > 0:
        raise SuiteError(f"--query-time-limit {limit:g}: it is a number of seconds above 0.")
    executor, data_dir = words.get("executor"), words.get("data_dir")
    given = {
        **words,
        "out": Path(words.get("out", RunSettings.out)),
        "device": str(words.get("device", RunSettings.device)),
        "executor": None if executor is None else specs.parse(str(executor)),
        "trackers": tuple(check_several("trackers", words.get("trackers", ()))),
        "plugin_files": tuple(check_several("plugins", plugins)),
        "data_dir": str(data_dir) if data_dir else None,
        "deadline": None if time_limit is None else time.time() + parse_duration(time_limit),
    }
    return RunSettings(**given)
