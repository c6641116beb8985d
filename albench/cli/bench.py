"""``albench bench``: what this machine reaches."""

from __future__ import annotations

import click


@click.command("bench")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N, mps or xpu.")
@click.option("--json", "file", metavar="FILE", type=click.Path(), help="Write the numbers to a file too.")
@click.option("--small", is_flag=True, help="A try in a few seconds; its numbers mean little and are not kept.")
def command(device: str, file: str | None, small: bool) -> None:
    """Measure this machine in under a minute: what it computes, and what training steps and queries cost on it.

    The numbers are kept for 'albench run --dry-run', which estimates with them how long a suite will take.
    """
    from pathlib import Path

    from rich.console import Console

    from albench.bench.machine import cache_file, write
    from albench.bench.measure import measure
    from albench.errors import StoreError
    from albench.execution.device import resolve_device
    from albench.render.bench import bench_tables

    console = Console(highlight=False)
    where = resolve_device(device)
    with console.status("Measuring ...") as status:
        measured = measure(where, lambda what: status.update(f"Measuring {what} ..."), small=small)
    console.print(bench_tables(measured))
    if file:
        try:
            write(measured, Path(file))
        except OSError as error:
            raise StoreError(f"{file} cannot be written: {error.strerror}.") from None
    if not small:
        kept = cache_file(where)
        try:
            write(measured, kept)
        except OSError as error:
            console.print(f"Not kept for time estimates: {kept} cannot be written ({error.strerror}).", soft_wrap=True)
        else:
            console.print(f"\nKept for time estimates in {kept}.", soft_wrap=True)
