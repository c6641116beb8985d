"""Tells plugins what happens: lifecycle hooks of every plugin, and the trackers that a run asks for."""

from __future__ import annotations

import functools
from typing import Any

from albench.api.tracker import Tracker
from albench.components.registry import Registry, registry


class Trackers:
    """The listeners of one process.

    Parameters
    ----------
    plugins
        Those that there are, whose ``albench_...`` hooks are always told.
    specs
        The trackers that the run asks for.
    """

    def __init__(self, plugins: Registry, specs: tuple[str, ...]) -> None:
        self._plugins = plugins
        self._trackers: list[tuple[str, Tracker]] = [(spec, plugins.build("tracker", spec)) for spec in specs]

    def call(self, event: str, /, **facts: Any) -> list[str]:
        """Tell each on its own; errors come back as text, one a listener.

        Parameters
        ----------
        event
            A method of ``Tracker``, e.g. ``"round_end"``.
        facts
            Its argument, by name.
        """
        errors = self._plugins.call(f"albench_{event}", **facts)
        for spec, tracker in self._trackers:
            try:
                getattr(tracker, event)(**facts)
            except (Exception, SystemExit) as error:
                what = f"tracker {spec}: {event} failed: {type(error).__name__}: {error}"
                errors.append(f"{what} (the records are whole; mend it, or leave out its --tracker)")
        return errors


@functools.lru_cache(maxsize=1)
def trackers(plugin_files: tuple[str, ...], specs: tuple[str, ...]) -> Trackers:
    """This process's listeners; kept from trial to trial, made anew for each run."""
    return Trackers(registry(plugin_files), specs)
