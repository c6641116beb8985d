"""``albench compare``: the comparison table of stored results."""

from __future__ import annotations

from pathlib import Path

import click

FORMATS = ("table", "markdown", "latex", "csv", "json")


@click.command("compare")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@click.option("--metric", default="macro_f1", show_default=True, help="Metric to compare.")
@click.option("--split", default="test", show_default=True, help="test or val.")
@click.option("--at", default="aubc", show_default=True, help="What ranks: final, aubc, round:K or labels:N.")
@click.option("--baseline", help="Strategy, or METHOD/STRATEGY, that the others are compared with.  [default: random]")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--output", metavar="FILE", help="Write to a file instead of the screen.")
def command(
    folders: tuple[str, ...], metric: str, split: str, at: str, baseline: str | None, form: str, output: str | None
) -> None:
    """Compare methods and strategies: mean, 95 % interval over seeds, AUBC, differences paired by seed.

    DIR is a suite's folder or a folder of suites; 'results' where none is given.
    """
    from albench.errors import StoreError
    from albench.render import render
    from albench.results import load

    results = load(*folders)
    comparison = results.compare(metric=metric, split=split, at=at, baseline=baseline)
    if form == "table" and output is None:
        from rich.console import Console

        from albench.render import terminal

        Console(highlight=False).print(terminal(comparison))
        return
    text = render(comparison, form)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    path = Path(output)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {path}.")
