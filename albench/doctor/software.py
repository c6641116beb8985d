"""Versions of what a run needs, and the extras that are installed."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from albench.api.kinds import PROJECT
from albench.doctor.diagnosis import Diagnosis
from albench.version import __version__

SHOWN = ("torch", "numpy")
"""Libraries whose version is always shown; that of another one only where it does not fit."""
FOR_DEVELOPERS = ("test", "dev")


def versions() -> Iterator[Diagnosis]:
    """Python, albench and the libraries without which nothing runs."""
    yield _python()
    yield _albench()
    needed = [each for each in _requirements() if each.marker is None or each.marker.evaluate({"extra": ""})]
    bad = 0
    for requirement in needed:
        here, fits = _installed(requirement)
        bad += not fits
        if not fits:
            advice = f"pip install '{requirement.name}{requirement.specifier}'"
            yield Diagnosis(
                requirement.name, "broken", f"{here or 'not installed'}, needs {requirement.specifier}", advice
            )
        elif requirement.name in SHOWN:
            yield Diagnosis(requirement.name, "ok", here)
    if needed and not bad:
        yield Diagnosis("libraries", "ok", f"all {len(needed)} that albench needs are here")


def extras() -> Iterator[Diagnosis]:
    """The optional extras, each with what is missing of it."""
    parts: dict[str, list[Requirement]] = {}
    for requirement in _requirements():
        for extra in _names_of_extras():
            if requirement.marker and requirement.marker.evaluate({"extra": extra}):
                parts.setdefault(extra, []).append(requirement)
    for extra, requirements in sorted(parts.items()):
        if extra in FOR_DEVELOPERS:
            continue
        here = {requirement.name: _installed(requirement) for requirement in requirements}
        command = f"pip install 'albench[{extra}]'"
        if missing := [name for name, (version, _) in here.items() if not version]:
            yield Diagnosis(extra, "note", f"not installed: {', '.join(missing)}", command)
        elif old := [f"{name} {version}" for name, (version, fits) in here.items() if not fits]:
            yield Diagnosis(extra, "warning", f"too old: {', '.join(old)}", command)
        else:
            yield Diagnosis(extra, "ok", ", ".join(f"{name} {version}" for name, (version, _) in here.items()))


def _python() -> Diagnosis:
    here = platform.python_version()
    needs = _metadata("Requires-Python")
    if needs and not SpecifierSet(needs).contains(here, prereleases=True):
        return Diagnosis("Python", "broken", f"{here}, needs {needs}", f"install albench with Python {needs}")
    return Diagnosis("Python", "ok", f"{here}, {sys.executable}")


def _albench() -> Diagnosis:
    installed = _metadata("Version")
    here = __version__
    if not installed:
        advice = "pip install it, or 'pip install -e .' in its folder: plugins are found through its metadata"
        return Diagnosis("albench", "broken", f"{here}, not installed", advice)
    if installed != here:
        advice = "pip install it again: the code that runs and the metadata that names its plugins differ"
        return Diagnosis("albench", "warning", f"{here}, but {installed} is installed", advice)
    return Diagnosis("albench", "ok", here)


def _metadata(key: str) -> str:
    try:
        return str((importlib.metadata.metadata(PROJECT).get_all(key) or [""])[0])
    except importlib.metadata.PackageNotFoundError:
        return ""


def _names_of_extras() -> list[str]:
    return importlib.metadata.metadata(PROJECT).get_all("Provides-Extra") or []


def _requirements() -> list[Requirement]:
    try:
        return [Requirement(line) for line in importlib.metadata.requires(PROJECT) or ()]
    except importlib.metadata.PackageNotFoundError:
        return []


def _installed(requirement: Requirement) -> tuple[str, bool]:
    """The version that is here, "" where there is none, and whether it fits."""
    try:
        here = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return "", False
    return here, requirement.specifier.contains(here, prereleases=True)
