"""``albench data fetch`` and ``albench data list``: what is published of data sets, and its files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from albench.cli.params import SpecType, data_dir_option, offline_option, plugin_option

if TYPE_CHECKING:
    from albench.api.published import Published


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

    Imbalance is the largest class over the smallest, among the training items; '?' is not known.
    """
    from rich.console import Console

    from albench.components.registry import registry
    from albench.render.listing import Listing

    root = Path(data_dir) if data_dir else None
    components = registry(plugins).components("dataset")
    rows = [_row(facts, root) for component in components for facts in component.facts]
    others = [component for component in components if not component.facts]
    if as_json:
        rows += [{**dict.fromkeys(rows[0], ""), "name": each.name, "what": each.summary} for each in others]
        click.echo(json.dumps(rows, indent=1))
        return
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 400
    console.print(Listing(rows))
    if others:
        names = ", ".join(each.name for each in others)
        console.print(f"Of what you name, by their options: {names}.", style="dim", soft_wrap=True)
    console.print("Download: albench data fetch NAME. More of one: albench show NAME.", style="dim", soft_wrap=True)


def _row(facts: Published, root: Path | None) -> dict[str, str]:
    from albench.api.published_files import locate_published
    from albench.wording import in_bytes

    here = "yes" if facts.comes_with else "?"  # what has no published files, 'albench data verify' looks for
    if facts.files:
        here = "yes" if locate_published(facts, root) else "no"
    return {
        "name": facts.spec,
        "here": here,
        "items": f"{sum(facts.items.values()):,}",
        "classes": str(facts.n_classes),
        "download": (in_bytes(facts.size) if facts.size else "?") if facts.files else "",
        "licence": facts.licence,
        "imbalance": f"{facts.imbalance:.3g}" if facts.imbalance else "?",
        "what": facts.title,
    }
