"""``albench data``: check data files, show views, write the stand-in's files, and turn images into features.

``fetch`` and ``list`` are in ``albench.cli.datasets``.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from albench.cli.datasets import fetch_data, list_data
from albench.cli.params import SpecType, data_dir_option, plugin_option
from albench.components.side_effects import printed_aside
from albench.wording import counted


@click.group("data")
def command() -> None:
    """List and download data sets, check files, show views, write a stand-in's files, or turn images into features."""


command.add_command(fetch_data)
command.add_command(list_data)


@command.command("verify")
@click.argument("dataset", type=SpecType("dataset"))
@plugin_option
@data_dir_option
def verify(dataset: str, plugins: tuple[str, ...], data_dir: str | None) -> int:
    """Load a data set, check its files against what is published of it, and look for near-duplicates among images."""
    from albench.components.registry import registry
    from albench.data.loading import load_data
    from albench.data.near_items import find_near, near_lines
    from albench.errors import DataError
    from albench.render.contents import contents

    loaded = load_data(dataset, data_dir, registry(plugins))
    splits = loaded.splits
    for line in (*contents(splits), *splits.how_read):
        click.echo(line)
    for notice in splits.notices:
        click.echo(f"note: {notice}")
    with printed_aside():
        problems = loaded.dataset.verify(Path(data_dir) if data_dir else None)
    for problem in problems:
        click.echo(f"{'problem' if problem.fatal else 'note'}: {problem.where}: {problem.what}", err=problem.fatal)
    near = find_near(splits)
    for line in near_lines(near, splits) if near else []:
        click.echo(f"note: {line}")
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        raise DataError(f"{dataset}: {len(fatal)} of the checks failed.")
    sizes = ", ".join(f"{name} {len(getattr(splits, name))}" for name in ("train", "val", "test"))
    click.echo(f"{dataset}: {sizes}; {counted(splits.task.n_classes, 'class')}; all checks passed.")
    return 0


@command.command("views")
@click.argument("dataset", type=SpecType("dataset"))
@click.option("--out", metavar="FILE.png", help="The sheet of an image set's views.  [default: NAME-views.png]")
@click.option("--seed", default=0, show_default=True, help="Seed of the views and of the quick model.")
@plugin_option
@data_dir_option
def show_views(dataset: str, out: str | None, seed: int, plugins: tuple[str, ...], data_dir: str | None) -> None:
    """Show a data set's weak and strong views, and measure what they do to the predictions of a quick model.

    For images a sheet of items beside their views is written, which needs Pillow: pip install 'albench[images]'.
    """
    from albench.bench.view_effects import measure
    from albench.components import spec as specs
    from albench.components.registry import registry
    from albench.data.loading import load_data
    from albench.errors import UserError
    from albench.render.sheet import save_sheet
    from albench.render.views import advice, effect_lines, views_sheet
    from albench.suite.views import fitted, in_words

    path = Path(out or f"{specs.parse(dataset).name}-views.png")
    if path.suffix.lower() != ".png":
        raise UserError(f"--out {out}: the sheet is a PNG file, as {path.with_suffix('.png')}.")
    loaded = load_data(dataset, data_dir, registry(tuple(plugins)))
    splits = loaded.splits
    shift = fitted(loaded.dataset, splits.task).get("shift", getattr(loaded.dataset, "shift", None))
    click.echo(in_words(loaded.dataset, splits.task, shift or 0))
    if splits.task.modality == "text":
        return
    if splits.task.modality == "image" or out:
        save_sheet(views_sheet(loaded.dataset, splits, seed), path)
        click.echo(f"Wrote {path}.")
    effects = measure(loaded.dataset, splits, registry(plugins), seed)
    for line in effect_lines(effects, splits):
        click.echo(line)
    for line in advice(effects):
        click.echo(f"note: {line}")


@command.command("simulate")
@click.argument("dataset", type=SpecType("dataset"))
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; it must not hold any yet.")
@click.option("--seed", default=0, show_default=True, help="Seed of the simulation.")
@plugin_option
def simulate(dataset: str, out: str, seed: int, plugins: tuple[str, ...]) -> None:
    """Write simulated files in the layout of a data set's real ones, for its real loader to read."""
    from albench.components.registry import registry

    component: Any = registry(plugins).build("dataset", dataset)
    with printed_aside():
        paths = list(component.simulate(Path(out), seed))
    for path in paths:
        click.echo(f"wrote {path}")
    click.echo(f"These files are simulated, not real data. Try: albench run -d {dataset} --data-dir {out}")


@command.command("extract")
@click.option("-d", "--dataset", required=True, type=SpecType("dataset"), help="Data set to read.")
@click.option("--backbone", required=True, type=SpecType("backbone"), help="Model whose embeddings are written.")
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; the same command goes on there.")
@click.option("--weights", metavar="FILE", help="State dict of the backbone.  [default: initial weights]")
@click.option("--seed", default=0, show_default=True, help="Seed of the initial weights.")
@click.option("--block", default=512, show_default=True, help="Items after which progress is kept.")
@click.option("--threads", default=1, show_default=True, help="CPU threads; their number changes the last digit.")
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda, cuda:N, mps or xpu.")
@plugin_option
@data_dir_option
def extract_features(
    dataset: str, backbone: str, out: str, weights: str | None, plugins: tuple[str, ...], **options: Any
) -> None:
    """Write a backbone's embeddings of a data set, in MESCC's file layout.

    An extraction that was interrupted goes on at its last whole block when the same command is given again.
    """
    from rich.console import Console
    from rich.progress import Progress

    from albench.extract import AT_ONCE, extract, target_file
    from albench.suite.settings import run_settings

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        bars: dict[str, Any] = {}

        def tell(split: str, rows: int, total: int) -> None:
            if split not in bars:
                bars[split] = progress.add_task(split, total=total)
            progress.update(bars[split], completed=rows)

        files = [str(Path(file).resolve()) for file in plugins]
        where = {name: options.pop(name) for name in ("device", "data_dir")}
        settings = run_settings(out=out, plugins=files, **where)
        done = extract(dataset, backbone, settings, weights=Path(weights) if weights else None, tell=tell, **options)
    sizes = ", ".join(f"{name} {len(getattr(done.splits, name))}" for name in ("train", "val", "test"))
    state = f"{counted(done.computed, 'row')} computed now" if done.computed else "complete already"
    click.echo(f"{done.folder}: {sizes}; {counted(done.size, 'feature')} of each item; {state}.")
    if done.at_once < AT_ONCE:
        fewer = f"{counted(done.at_once, 'item')} at once instead of {AT_ONCE}"
        click.echo(f"note: the model read {fewer}: more did not fit into the device's memory.", err=True)
    grading = target_file("train", done.splits.task).split("-")[1]
    if grading in ("two", "six"):
        click.echo(f'Try: albench run -d "mescc[grading={grading}]" --data-dir {shlex.quote(out)}')
