"""``albench data``: check data files, and write the stand-in's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from albench.cli.params import SpecType, data_dir_option, plugin_option


@click.group("data")
def command() -> None:
    """Check data files, or write a stand-in's."""


@command.command("verify")
@click.argument("dataset", type=SpecType("dataset"))
@plugin_option
@data_dir_option
def verify(dataset: str, plugins: tuple[str, ...], data_dir: str | None) -> int:
    """Load a data set and check its files against what is published of it."""
    from albench.errors import DataError
    from albench.plugins import registry
    from albench.pool import check_splits

    component: Any = registry(plugins).build("dataset", dataset)
    root = Path(data_dir) if data_dir else None
    splits = component.load(root)
    check_splits(splits, dataset)
    for notice in splits.notices:
        click.echo(f"note: {notice}")
    problems = component.verify(root)
    for problem in problems:
        click.echo(f"{'problem' if problem.fatal else 'note'}: {problem.where}: {problem.what}", err=problem.fatal)
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        raise DataError(f"{dataset}: {len(fatal)} of the checks failed.")
    sizes = ", ".join(f"{name} {len(getattr(splits, name))}" for name in ("train", "val", "test"))
    click.echo(f"{dataset}: {sizes}; {splits.task.n_classes} classes; all checks passed.")
    return 0


@command.command("simulate")
@click.argument("dataset", type=SpecType("dataset"))
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; it must not hold any yet.")
@click.option("--seed", default=0, show_default=True, help="Seed of the simulation.")
@plugin_option
def simulate(dataset: str, out: str, seed: int, plugins: tuple[str, ...]) -> None:
    """Write simulated files in the layout of a data set's real ones, for its real loader to read."""
    from albench.plugins import registry

    component: Any = registry(plugins).build("dataset", dataset)
    for path in component.simulate(Path(out), seed):
        click.echo(f"wrote {path}")
    click.echo(f"These files are simulated, not real data. Try: albench run -d {dataset} --data-dir {out}")
