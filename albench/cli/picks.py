"""``albench picks``: what a suite's queries bought."""

from __future__ import annotations

from pathlib import Path

import click

from albench.cli.choosing import choosing, loaded
from albench.cli.params import data_dir_option, plugin_option
from albench.wording import counted

SHOWN = 60
"""Rows that a terminal is shown."""


@click.command("picks")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@choosing
@click.option("--seed", "seeds", type=int, multiple=True, help="This seed alone; may be repeated.")
@click.option(
    "--round", "rounds", type=int, multiple=True, help="What was bought after this round, from 0; may be repeated."
)
@click.option("--all", "everything", is_flag=True, help=f"Show every row, not the first {SHOWN}.")
@click.option(
    "--output", metavar="FILE", help="Write a .csv with every row, or a .png: a sheet of the pictures, a row a query."
)
@plugin_option
@data_dir_option
def command(
    folders: tuple[str, ...],
    seeds: tuple[int, ...],
    rounds: tuple[int, ...],
    everything: bool,
    output: str | None,
    plugins: tuple[str, ...],
    data_dir: str | None,
    **named: tuple[str, ...],
) -> None:
    """Show what the queries bought: file or row, group and class of each item, in the order in which it was chosen.

    DIR is a suite's folder, a folder of suites or an archive of 'albench export'; 'results' where none is given. The
    labels that a trial began with were drawn, not bought, and are not among them.
    """
    from rich.console import Console

    from albench.compare.choose import Choice
    from albench.render.picks import as_csv, as_table
    from albench.trial.picks import check_output, picks

    path = Path(output) if output else None
    if path:
        check_output(path.suffix.lower(), str(output))
    results = loaded(folders)
    choice = Choice(**named, baseline="")
    choice.check(results.frame)
    if choice:
        results = results.only(set(choice.of(results.frame)["key"]))
    bought, notes = picks(results, seeds, rounds)
    console = Console(highlight=False)
    if path is None:
        shown = bought if everything or not console.is_terminal else bought[:SHOWN]
        if not console.is_terminal:
            console.width = 400
        console.print(as_table(shown))
        if len(shown) < len(bought):
            console.print(f"{len(bought) - len(shown):,} more: --all shows them, --output picks.csv keeps them.")
    elif path.suffix.lower() == ".csv":
        _write(path, as_csv(bought))
    else:
        from albench.render.picks import as_sheet
        from albench.render.sheet import save_sheet
        from albench.trial.picks import pictures

        files = tuple(str(Path(file).resolve()) for file in plugins)
        save_sheet(as_sheet(pictures(bought, data_dir, files)), path)
    if path:
        click.echo(f"Wrote {path}: {counted(len(bought), 'item')}.")
    for note in notes:
        click.echo(f"  {note}", err=path is None)


def _write(path: Path, text: str) -> None:
    from albench.disk.files import write_atomic, writing

    with writing(path.parent):
        write_atomic(path, text)
