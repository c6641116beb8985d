"""``-s``, ``-m``, ``-d`` and ``--highlight`` of the commands that show stored results, and the results themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from albench.results.results import Results

_OPTIONS = (
    click.option(
        "-s",
        "--strategy",
        "strategies",
        multiple=True,
        help="This strategy alone; may be repeated. Tables and figures keep the baseline.",
    ),
    click.option("-m", "--method", "methods", multiple=True, help="This method alone; may be repeated."),
    click.option("-d", "--dataset", "datasets", multiple=True, help="This data set alone; may be repeated."),
)
HIGHLIGHT = click.option(
    "--highlight",
    multiple=True,
    metavar="NAME",
    help="Mark the rows of a strategy, a method or 'METHOD + STRATEGY', as one's own; may be repeated.",
)


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose by name (see ``albench.compare.choose``)."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def loaded(folders: tuple[str, ...]) -> Results:
    """The results in folders (see ``albench.results.load.load``), which stay until the command ends."""
    from albench.garbage import all_loaded
    from albench.results.load import load

    results = load(*folders)
    all_loaded()
    return results
