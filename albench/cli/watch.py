"""``albench watch``: a suite that other processes are running."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from albench.results.follow import SuiteState

PATIENCE = 60.0
"""Seconds without any process that runs a trial, after which there is nothing to wait for."""


@click.command("watch")
@click.argument("folder", metavar="[DIR]", default="results", type=click.Path())
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1, max=3600.0),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between two looks.",
)
@click.option("--once", is_flag=True, help="Print the table once and end.")
def command(folder: str, interval: float, once: bool) -> int:
    """Watch a suite that other processes are running: what is done, running, waiting or failed, and the time left.

    DIR is a suite's folder or a folder of suites; 'results' where none is given. Nothing is written or locked. Ends by
    itself when all is done, with exit code 0, or 1 where trials failed or no process has run any for a minute.
    """
    from rich.console import Console

    from albench.render.watch import again, view, watcher

    console = Console(highlight=False)
    looks = _looks(Path(folder))
    if once:
        console.print(view(next(looks)))
        return 0
    display = watcher(console)
    try:
        with display:
            states = _follow(looks, display, interval)
    except KeyboardInterrupt:
        console.print("no longer watching; what runs goes on.")
        return 130
    for state in states:
        if not state.complete:
            console.print(again(state), soft_wrap=True)
    return int(any(not state.complete or state.count("failed") for state in states))


def _looks(folder: Path) -> Iterator[list[SuiteState]]:
    """The suites of a folder as they are at each look, those that came since the last one too."""
    from albench.errors import StoreError
    from albench.results.follow import Follower
    from albench.results.opening import PACKED
    from albench.results.records import suite_folders

    followers: dict[Path, Follower] = {}
    while True:
        suites = [suite for suite in suite_folders(folder) if not (suite / PACKED).is_file()]
        if not suites:
            raise StoreError(
                f"nothing runs in {folder}: its records are packed; see them with 'albench compare {folder}'."
            )
        yield [followers.setdefault(suite, Follower(suite)).look() for suite in suites]


def _follow(looks: Iterator[list[SuiteState]], display: Any, interval: float) -> list[SuiteState]:
    """Show each look until there is nothing to wait for; returns the last one."""
    alive = time.monotonic()
    was_running = False
    for states in looks:
        display.show(states)
        running = any(state.running for state in states)
        complete = all(state.complete for state in states)
        if running:
            alive = time.monotonic()
        # Between two trials a process holds none for a moment: only two quiet looks in a row are an end.
        if (complete and not was_running) or (not complete and time.monotonic() - alive > PATIENCE):
            return states
        was_running = running
        time.sleep(interval)
    raise AssertionError("looks never end")
