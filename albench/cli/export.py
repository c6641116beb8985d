"""``albench export``: stored results as one archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from albench.wording import counted

if TYPE_CHECKING:
    from albench.results.archive import Exported

_SHOWN = 5


@click.command("export")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@click.option("--output", default="results.zip", show_default=True, metavar="FILE", help="The archive.")
@click.option("--force", is_flag=True, help="Replace the file where it is there already.")
def command(folders: tuple[str, ...], output: str, force: bool) -> None:
    """Write the records and manifests of suites into one archive, for 'albench merge'.

    DIR is a suite's folder, a folder of suites or an archive; 'results' where none is given. Checkpoints stay out; a
    trial that is still running goes in with its complete rounds. The same results give the same bytes.
    """
    import contextlib
    import tempfile

    from albench.results.archive import export
    from albench.results.opening import opened

    path = Path(output)
    with contextlib.ExitStack() as unpacked:

        def room() -> Path:
            return Path(unpacked.enter_context(tempfile.TemporaryDirectory(prefix="albench-")))

        suites = opened([Path(folder) for folder in folders or ("results",)], room)
        written = export([suite.folder for suite in suites], path, force=force)
    trials = sum(suite.counts.total() for suite in written)
    click.echo(
        f"Wrote {path} ({_size(path.stat().st_size)}): {counted(len(written), 'suite')}, {counted(trials, 'trial')}."
    )
    for suite in written:
        _print(suite)


def _print(suite: Exported) -> None:
    counts = ", ".join(f"{count:,} {status}" for status, count in sorted(suite.counts.items()))
    click.echo(f"  {suite.name}: {counts or 'no trials'}")
    for note in suite.notes[:_SHOWN]:
        click.echo(f"    {note}")
    if len(suite.notes) > _SHOWN:
        click.echo(f"    ... and {len(suite.notes) - _SHOWN} more like these")


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:.1f} MB" if n_bytes >= 2**20 / 10 else f"{max(1, round(n_bytes / 2**10))} KB"
