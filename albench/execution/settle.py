"""A declared suite with all that it leaves open settled, and the data that it names fetched. No data is read here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from albench.components.registry import Registry, registry
from albench.components.side_effects import printed_aside
from albench.data.download import Teller
from albench.data.fetch import fetch_missing
from albench.errors import SuiteError, nearest
from albench.execution.device import check_graphs, check_precision, device_of
from albench.suite.complete import completed
from albench.suite.settings import RunSettings
from albench.suite.trials import Suite


@dataclass(frozen=True)
class Settled:
    """A suite that every name is known of, and how it is run.

    Attributes
    ----------
    suite
        With its defaults, its name and its kind of device, and components in the place of panels.
    settings
        With a device that is there and all plugin files by their whole paths.
    registry
        What the plugins offer.
    panels
        What panels stand for: ``"strategies @standard"`` -> names.
    """

    suite: Suite
    settings: RunSettings
    registry: Registry
    panels: dict[str, list[str]]


@printed_aside()
def settle(suite: Suite, settings: RunSettings) -> Settled:
    """Settle what a suite leaves open.

    Raises
    ------
    UserError
        For what in the suite or the settings cannot be used, as far as that can be said without the data.
    """
    files = _files(suite, settings)
    found = registry(files)
    _check_plugins(suite, found)
    check_precision(suite.protocol.precision)
    device = device_of(suite, settings.device)
    if settings.graphs:
        check_graphs(device)
    settings = dataclasses.replace(settings, plugin_files=files, device=device)
    suite, panels = completed(suite, settings, found)
    return Settled(suite, settings, found, panels)


def fetch_data(settled: Settled, tell: Teller) -> None:
    """Download the published data sets that the suite names and that are not here.

    Raises
    ------
    UserError
        Where nothing may be downloaded.
    DownloadError
        Where a file cannot be had or written.
    """
    how = settled.settings
    fetch_missing(settled.suite.datasets, settled.registry, how.data_dir, tell, offline=how.offline)


def _files(suite: Suite, settings: RunSettings) -> tuple[str, ...]:
    """All plugin files, by their whole paths."""
    of_suite = [name for name in suite.plugins if name.endswith(".py")]
    return tuple(dict.fromkeys(str(Path(file).resolve()) for file in (*settings.plugin_files, *of_suite)))


def _check_plugins(suite: Suite, found: Registry) -> None:
    """Raise ``SuiteError`` where an installed plugin that the suite names is not there or broken."""
    usable = [plugin for plugin in found.plugins if not plugin.error and not plugin.disabled]
    known = sorted({name for plugin in usable for name in (plugin.name, plugin.distribution)})
    for name in suite.plugins:
        if not name.endswith(".py") and name not in known:
            close = nearest(name, known)
            hint = f"did you mean '{close}'?" if close else "install it, or name its file, as in plugins: [mine.py]."
            raise SuiteError(f"suite {suite.name} needs the plugin '{name}', which is not installed or broken: {hint}")
