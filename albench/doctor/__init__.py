"""What stands in the way of a run on this machine, and what to type about it: the checks of ``albench doctor``."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from albench.doctor.diagnosis import Diagnosis

Examination = Callable[[], Iterator[Diagnosis]]


def checks(out: Path, data_dir: str | None, plugin_files: tuple[str, ...]) -> dict[str, Examination]:
    """The parts of an examination, in the order in which they are read.

    Parameters
    ----------
    out
        The results folder, there or not.
    data_dir, plugin_files
        As for a run.
    """
    from albench.doctor import data, hardware, places, plugins, software, trial

    loaded, problems = plugins.load(plugin_files)
    return {
        "versions": software.versions,
        "device": hardware.device,
        "numerics": hardware.numerics_here,
        "disk": partial(places.folder, out),
        "plugins": partial(plugins.diagnoses, loaded, problems),
        "data": partial(data.diagnoses, loaded, data_dir),
        "extras": software.extras,
        "self-test": trial.diagnoses,
    }


def examine(parts: dict[str, Examination], tell: Callable[[str], None]) -> Iterator[tuple[str, list[Diagnosis]]]:
    """Carry out each part in its own try: what a check trips over is a diagnosis too.

    Parameters
    ----------
    tell
        Called with what is being looked at.
    """
    for title, check in parts.items():
        tell(title)
        diagnoses: list[Diagnosis] = []
        try:
            diagnoses.extend(check())
        except (Exception, SystemExit) as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            where = f"{Path(last.filename).name}, line {last.lineno}"
            diagnoses.append(Diagnosis("this check", "broken", f"{reason} ({where})", "please report this line"))
        yield title, diagnoses
