"""``albench compare``: the comparison table of stored results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from albench.cli.choosing import HIGHLIGHT, choosing, loaded

FORMATS = ("table", "markdown", "latex", "csv", "json", "paragraph")


_OPTIONS = (
    click.option("--metric", default="macro_f1", show_default=True, help="Metric to compare."),
    click.option("--split", default="test", show_default=True, help="test or val."),
    click.option("--at", default="aubc", show_default=True, help="What ranks: final, aubc, round:K or labels:N."),
    click.option(
        "--baseline", help="Strategy, or 'METHOD + STRATEGY', that the others are compared with.  [default: random]"
    ),
    click.option("--target", help="Quality to reach: 0.8, or 95%-of-full. Shows the labels that takes."),
    click.option(
        "--cost", multiple=True, metavar="KEY=NUMBER", help="seconds-per-label, or price-per-label, price-per-hour."
    ),
    click.option("--test", default="auto", show_default=True, help="auto, t, permutation or wilcoxon."),
    click.option("--test-items", is_flag=True, help="Add intervals over test items to those over seeds."),
    click.option("--count-validation", is_flag=True, help="Count the validation labels that choose weights as labels."),
    click.option("--strict", is_flag=True, help="Refuse tables that mix versions or processors."),
    HIGHLIGHT,
)


def comparing(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is compared."""
    command = choosing(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("compare")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@comparing
@click.option("--details", is_flag=True, help="Show labels saved, spread, effect sizes, p-values and seconds too.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--label", default="", metavar="LABEL", help="What \\ref names the table by; for --format latex alone.")
@click.option("--output", metavar="FILE", help="Write to a file instead of the screen.")
def command(folders: tuple[str, ...], form: str, label: str, output: str | None, **options: Any) -> None:
    """Compare methods and strategies: mean, 95 % interval over seeds, AUBC, differences paired by seed.

    DIR is a suite's folder, a folder of suites or an archive of 'albench export'; 'results' where none is given.
    """
    from albench.errors import StoreError, UserError
    from albench.render import check_label, render

    check_label(label, form)
    if options["highlight"] and form == "paragraph":
        raise UserError("--highlight: a paragraph has no rows to mark; leave it out, or name another --format.")
    results = loaded(folders)
    comparison = results.compare(**options)
    if form == "table" and output is None:
        from rich.console import Console

        from albench.render import terminal

        Console(highlight=False).print(terminal(comparison))
        return
    text = render(comparison, form, label)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    path = Path(output)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {path}.")
