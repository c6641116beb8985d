"""``albench data fetch`` and ``albench data list``: what is published of data sets, and its files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from albench.cli.params import SpecType, data_dir_option, offline_option, plugin_option

if TYPE_CHECKING:
    from albench.api.published import Published
    from albench.components.component import Component


@click.command("fetch")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, type=SpecType("dataset"))
@plugin_option
@data_dir_option
@offline_option
def fetch_data(names: tuple[str, ...], plugins: tuple[str, ...], data_dir: str | None, offline: bool) -> None:
    """Download published data sets: to --data-dir or ALBENCH_DATA, else to the user's cache folder.

    A file is kept where its checksum is the published one. The same command goes on where a download broke off.
    """
    from albench.api.dataset import Dataset
    from albench.components import spec as specs
    from albench.components.registry import registry
    from albench.data.fetch import fetch
    from albench.errors import DataError
    from albench.render.downloads import downloads_shown
    from albench.wording import counted

    loaded, root = registry(plugins), Path(data_dir) if data_dir else None
    for name in names:
        dataset: Dataset = loaded.build("dataset", name)
        published = dataset.published()
        if published is None or not published.downloads:
            own = [facts.comes_with for facts in loaded.find("dataset", specs.parse(name).name).facts]
            comes = f"it comes with {own[0]}" if any(own) else "it has no address"
            raise DataError(f"{name}: nothing is to be downloaded: {comes}.")
        if dataset.find(root):
            click.echo(f"{name}: here already; 'albench data verify {name}' checks it.")
            continue
        with downloads_shown() as tell:
            got = fetch(published, root, tell, offline=offline)
        click.echo(
            f"{name}: {counted(len(got), 'file')} downloaded, with the published checksums; try: albench run -d {name}"
        )


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
@data_dir_option
def list_data(as_json: bool, plugins: tuple[str, ...], data_dir: str | None) -> None:
    """List data sets: items, classes, imbalance, size of the download, licence, and whether they are here.

    Imbalance is the largest class over the smallest, among the training items.
    """
    from rich.console import Console

    from albench.components.registry import registry
    from albench.render.listing import Listing

    root = Path(data_dir) if data_dir else None
    rows = [row for component in registry(plugins).components("dataset") for row in _rows(component, root)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 400
    console.print(Listing(rows))
    console.print("Download: albench data fetch NAME. What is said of one: albench show NAME.", style="dim")


def _rows(component: Component, root: Path | None) -> list[dict[str, Any]]:
    """A row for each variant that something is published of; one for a reader of the user's files."""
    if not component.facts:
        return [_row(component.name, component.summary, here="reads yours")]
    return [_of(facts, root) for facts in component.facts]


def _row(name: str, summary: str, **texts: str) -> dict[str, Any]:
    columns = ("here", "items", "classes", "imbalance", "download", "licence")
    return {"name": name, **{column: texts.get(column, "") for column in columns}, "summary": summary}


def _of(facts: Published, root: Path | None) -> dict[str, Any]:
    from albench.api.published_files import locate_published
    from albench.wording import in_bytes

    if facts.files:
        here = "yes" if locate_published(facts, root) else "no"
    else:
        here = "yes" if facts.comes_with else "verify tells"
    return _row(
        facts.spec,
        facts.title,
        here=here,
        items=" + ".join(f"{count:,}" for count in facts.items.values()),
        classes=str(facts.n_classes),
        imbalance=f"{facts.imbalance:.3g}" if facts.imbalance else "?",
        download=(in_bytes(facts.size) if facts.size else "?") if facts.files else "",
        licence=facts.licence,
    )
