"""``albench report``: stored results as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from albench.cli.choosing import loaded
from albench.cli.compare import comparing


@click.command("report")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@comparing
@click.option("--output", default="report.html", show_default=True, metavar="FILE", help="The page.")
def command(folders: tuple[str, ...], output: str, **options: Any) -> None:
    """Write one HTML page: curves, tables, differences, diagnostics and what made the results.

    The page is complete in itself: it opens from disk and needs no network.

    DIR is a suite's folder, a folder of suites or an archive of 'albench export'; 'results' where none is given.
    """
    from albench.errors import StoreError
    from albench.report import write

    path = Path(output)
    results = loaded(folders)
    try:
        size = write(path, results, **options)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {path} ({size / 2**20:.1f} MB). Open it in a browser.")
