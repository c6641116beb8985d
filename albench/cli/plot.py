"""``albench plot``: learning curves as a figure for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from albench.cli.choosing import HIGHLIGHT, choosing, loaded

if TYPE_CHECKING:
    pass

_INCHES = click.FloatRange(min=1.0, max=30.0)


@click.command("plot")
@click.argument("folders", nargs=-1, metavar="[DIR...]", type=click.Path())
@click.option("--output", default="curves.png", show_default=True, metavar="FILE", help="A .png, .svg or .pdf file.")
@click.option("--metric", "metrics", multiple=True, help="A row of panels; may be repeated.  [default: macro_f1]")
@click.option("--split", default="test", show_default=True, help="test or val.")
@choosing
@click.option("--baseline", help="Strategy, or 'METHOD + STRATEGY', always there, in black.  [default: random]")
@HIGHLIGHT
@click.option("--by-method", is_flag=True, help="Panels for each method; by itself from 13 curves a panel on.")
@click.option("--no-bands", is_flag=True, help="Leave out the 95 % intervals.")
@click.option("--strict", is_flag=True, help="Refuse panels that mix versions or processors.")
@click.option("--title", default="", help="Above all panels.")
@click.option("--width", type=_INCHES, default=3.5, show_default=True, help="Inches of a panel.")
@click.option("--height", type=_INCHES, default=2.6, show_default=True, help="Inches of a panel; the legend is below.")
@click.option("--dpi", type=click.IntRange(30, 1200), default=200, show_default=True, help="Pixels an inch, of a .png.")
def command(folders: tuple[str, ...], output: str, no_bands: bool, **options: Any) -> None:
    """Draw learning curves: mean over seeds with its 95 % interval, a panel for each data set and protocol.

    DIR is a suite's folder, a folder of suites or an archive of 'albench export'; 'results' where none is given.
    Needs matplotlib: pip install 'albench[plot]'.
    """
    from albench.render.drawing import Asked, drawing
    from albench.render.figure import check_suffix

    path = Path(output)
    check_suffix(path.suffix.lower(), output)
    drawn = drawing(loaded(folders), Asked(bands=not no_bands, **options))
    drawn.save(path)
    click.echo(f"Wrote {path}.")
    for line in drawn.notes:
        click.echo(f"  {line}")
