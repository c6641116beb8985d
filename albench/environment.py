"""What numbers were made with: the libraries and the processor of the process that computed them, told a trial.

Two trials of one seed come out the same only where all of it is the same. Python's version, the operating system and
the machine's name are not part of it: they move no sum.
"""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench import devices
from albench.errors import UserError
from albench.wording import counted

Environment = Mapping[str, str]
"""Name -> version or kind: ``{"torch": "2.13.0+cpu", "processor": "x86_64 GenuineIntel AVX512"}``."""

ALWAYS = ("albench", "torch", "numpy", "scipy", "scikit-learn")
"""Distributions whose version always counts."""
WHERE_USED = {
    "timm": "timm",
    "torchvision": "torchvision",
    "faiss": "faiss-cpu",
    "skactiveml": "scikit-activeml",
    **{name: name for name in ("xgboost", "lightgbm", "catboost", "tabpfn")},
}
"""Module -> distribution whose version counts where the process has imported the module."""
ATTEMPTS = "attempts"
"""Key of ``trial.json``: one entry for each process that made rounds, in order."""
MADE_WITH = "made_with."
"""What the columns of a frame begin with that say what a round was made with, as in ``made_with.torch``."""


def this_environment(device: str = "cpu", plugins: Environment | None = None) -> dict[str, str]:
    """What this process makes numbers with.

    Parameters
    ----------
    device
        Where it trains, e.g. ``cuda:0``.
    plugins
        Distribution -> version of the components that the trial uses, beside albench's own.
    """
    import numpy as np
    import torch

    names = [*ALWAYS, *(name for module, name in WHERE_USED.items() if module in sys.modules)]
    versions = {name: version for name in names if (version := _version(name))}
    versions["torch"] = str(torch.__version__)  # with the build, as in 2.13.0+cpu
    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    versions["NumPy's BLAS"] = f"{blas.get('name', '?')} {blas.get('version', '')}".strip()
    _, _, after = torch.__config__.show().partition("BLAS_INFO=")
    versions["torch's BLAS"] = after.partition(",")[0].strip() or "?"
    words = [platform.machine(), _vendor(), torch.backends.cpu.get_cpu_capability()]
    versions["processor"] = " ".join(filter(None, words))
    return {**versions, **devices.versions(device), **(plugins or {})}


def processor_name() -> str:
    """The processor's model, for people."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _vendor() -> str:
    """Who made the processor: libraries take other ways on those of other makers."""
    return _cpuinfo("vendor_id")


def _cpuinfo(name: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")


@functools.cache  # what the process has loaded, however often a trial asks
def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class Made:
    """How rounds came to be; empty where the trial does not say, as those of earlier versions.

    Attributes
    ----------
    run
        The ``id`` of an entry of the manifest's ``runs``.
    made_with
        What the process that computed them had.
    """

    run: str = ""
    made_with: Environment | None = None


def attempted(old: Mapping[str, Any], facts: Mapping[str, Any], made: Made, done: int) -> dict[str, Any]:
    """A trial's facts with a new attempt beside those whose rounds are still there.

    Parameters
    ----------
    old, facts
        ``trial.json`` as it is, and as it is to be.
    done
        Rounds that are there already: the attempt makes those that follow.
    """
    kept = [entry for entry in _entries(old) if entry["round"] < done]
    new = {"run": made.run, "round": done, "made_with": dict(made.made_with or {})}
    return {**facts, ATTEMPTS: [*kept, *([new] if done < facts["protocol"]["rounds"] else [])]}


def rounds_made(facts: Mapping[str, Any], rounds: int) -> list[Made]:
    """How each of a trial's rounds came to be; what is malformed counts as not said."""
    found = [Made()] * rounds
    for entry in _entries(facts):
        made = Made(entry["run"], entry["made_with"])
        found[entry["round"] :] = [made] * max(0, rounds - entry["round"])
    return found


def _entries(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The well-formed attempts of ``trial.json``; it may come from a stranger."""
    entries = facts.get(ATTEMPTS)
    found: list[dict[str, Any]] = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        run, number, made_with = (entry.get(name) for name in ("run", "round", "made_with"))
        plain = isinstance(made_with, dict) and all(_plain(text) for pair in made_with.items() for text in pair)
        if _plain(run) and isinstance(number, int) and number >= 0 and plain:
            found.append({"run": run, "round": number, "made_with": made_with})
    return found


def _plain(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= 200 and text.isprintable()


@dataclass(frozen=True)
class Mix:
    """What trials that are looked at together were made with, where that is not the same.

    Attributes
    ----------
    values
        Name -> each of its versions or kinds, with the number of trials; only names that have several.
    trials
        How many trials there are.
    within
        Those of them whose own rounds were made with several.
    unknown
        Those of them that do not say, or not of all their rounds.
    """

    values: dict[str, dict[str, int]]
    trials: int
    within: int
    unknown: int

    def __bool__(self) -> bool:
        return bool(self.values) or 0 < self.unknown < self.trials

    @property
    def made(self) -> str:
        """``its trials were made with torch 2.12.1 (6 trials) and 2.13.0 (12 trials)``."""
        parts = [f"{name} {_by_trials(values)}" for name, values in self.values.items()]
        if self.unknown:
            parts.append(f"versions that were not kept ({counted(self.unknown, 'trial')})")
        several = f" ({self.within:,} with several)" if self.within else ""
        return f"its trials were made with {', '.join(parts)}{several}"


def mix_of(trials: Iterable[Sequence[Environment | None]]) -> Mix:
    """What differs between trials.

    Parameters
    ----------
    trials
        What each trial's rounds were made with; None for a round that does not say. A name that a trial does not have
        differs from nothing: components of other plugins were not used in it.
    """
    alike: dict[tuple[int, ...], Sequence[Environment | None]] = {}
    times: Counter[tuple[int, ...]] = Counter()
    for trial in trials:  # many hold the very same objects
        which = tuple(map(id, trial))
        alike.setdefault(which, trial)
        times[which] += 1
    counts: dict[str, Counter[str]] = {}
    total = within = unknown = 0
    for which, trial in alike.items():
        n = times[which]
        total += n
        unknown += n * (not trial or None in trial)
        own: dict[str, set[str]] = {}
        for made in filter(None, trial):
            for name, value in made.items():
                own.setdefault(name, set()).add(value)
        within += n * any(len(values) > 1 for values in own.values())
        for name, values in own.items():
            counts.setdefault(name, Counter()).update(dict.fromkeys(values, n))
    several = {name: dict(sorted(found.items())) for name, found in counts.items() if len(found) > 1}
    return Mix(several, total, within, unknown)


def refuse_mixes(mixes: Mapping[str, Mix]) -> None:
    """What ``--strict`` asks of tables, each by its name.

    Raises
    ------
    UserError
        Where trials of one table were made with other versions or processors, or do not say with which.
    """
    for place, mix in mixes.items():
        if mix or mix.unknown:
            raise UserError(f"--strict: {place}: {mix.made}; run them again with one (--fresh).")


def others_than(here: Environment, trials: Iterable[Sequence[Environment | None]]) -> tuple[int, str]:
    """How many trials were made with something else than is here, and what: ``torch 2.12.1, here 2.13.0``."""
    count = 0
    values: dict[str, Counter[str]] = {}
    for trial in trials:
        found = {(name, value) for made in trial for name, value in (made or {}).items()}
        other = {(name, value) for name, value in found if here.get(name, value) != value}
        count += bool(other)
        for name, value in other:
            values.setdefault(name, Counter())[value] += 1
    order = [*here, *sorted(values)]
    named = sorted(values.items(), key=lambda item: order.index(item[0]))
    return count, "; ".join(f"{name} {' and '.join(sorted(found))}, here {here[name]}" for name, found in named)


def _by_trials(values: Mapping[str, int]) -> str:
    return " and ".join(f"{value} ({counted(count, 'trial')})" for value, count in values.items())
