"""``albench tuned``: what was chosen where settings were tuned."""

from __future__ import annotations

from pathlib import Path

import click

from albench.cli.choosing import choosing, loaded


@click.command("tuned")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@choosing
@click.option("--output", metavar="FILE.csv", help="Write every row to a .csv file.")
def command(folders: tuple[str, ...], output: str | None, **named: tuple[str, ...]) -> None:
    """Show what was tuned: the values that validation chose for each data set, method, backbone and seed.

    DIR is a suite's folder, a folder of suites or an archive of 'albench export'; 'results' where none is given. A
    tuning that strategies share is one row.
    """
    from rich.console import Console

    from albench.compare.choose import Choice
    from albench.compare.tuned import tunings
    from albench.disk.files import write_atomic, writing
    from albench.errors import UserError
    from albench.render.tuned import as_frame, as_table
    from albench.wording import counted

    if output and Path(output).suffix.lower() != ".csv":
        raise UserError(f"--output {output}: write a file that ends in .csv.")
    frame = loaded(folders).frame
    choice = Choice(**named, baseline="")
    choice.check(frame)
    made = tunings(choice.of(frame))
    if not len(made):
        raise UserError(
            "nothing was tuned in these results: 'albench run --tune lr=0.01,0.03,0.1 --set validation=1x' tunes."
        )
    if output:
        with writing(Path(output).parent):
            write_atomic(Path(output), as_frame(made).to_csv(index=False))
        click.echo(f"Wrote {output}: {counted(len(made), 'tuning')}.")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 400
    console.print(as_table(made))
