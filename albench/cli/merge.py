"""``albench merge``: results of several machines in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from albench.wording import counted

if TYPE_CHECKING:
    from albench.results.merge import Merged

_SHOWN = 5


@click.command("merge")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=click.Path())
@click.option("--output", required=True, metavar="DIR", help="Folder to make: one folder for each suite in it.")
@click.option("--strict", is_flag=True, help="Refuse trials of one table that other versions or processors made.")
def command(sources: tuple[str, ...], output: str, strict: bool) -> None:
    """Unite results of several machines in a new folder, for 'albench compare' and the rest.

    SOURCE is a suite's folder, a folder of suites, or an archive of 'albench export'. A trial that is in several
    of them is kept once, the most complete. Other data under one name, other settings of one suite, or other records of
    one trial are refused, naming the difference.
    """
    from albench.results.merge import merge

    path = Path(output)
    merged = merge([Path(source) for source in sources], path, strict=strict)
    trials = sum(suite.counts.total() for suite in merged)
    click.echo(
        f"Wrote {path}: {counted(len(merged), 'suite')}, {counted(trials, 'trial')} from "
        f"{counted(len(sources), 'source')}."
    )
    for suite in merged:
        _print(suite)
    click.echo(f"Next: albench compare {path}")


def _print(suite: Merged) -> None:
    counts = ", ".join(f"{count:,} {status}" for status, count in sorted(suite.counts.items()))
    click.echo(f"  {suite.name}: {counts or 'no trials'}")
    for source, count in suite.sources.items():
        click.echo(f"    {count:,} from {source}")
    if suite.copies:
        click.echo(f"    {suite.copies:,} in more than one source, kept once")
    for note in suite.notes[:_SHOWN]:
        click.echo(f"    {note}")
    if len(suite.notes) > _SHOWN:
        click.echo(f"    ... and {len(suite.notes) - _SHOWN} more like these")
