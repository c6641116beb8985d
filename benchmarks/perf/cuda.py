"""One table of what albench reaches on a CUDA device: python benchmarks/perf/cuda.py

Needs torch, NumPy and pluggy; the row of the classical pipeline needs Pillow too, and is left out without it.

- step: a whole FixMatch step against the bare one (see step.py), 64 labelled and 7 x 64 unlabelled items; images are
  32 x 32 x 3, features have 2,048 numbers. Goal: 1.10.
- pipeline: views a second, ready on the device, of this step's batches, against a DataLoader with 8 workers that makes
  the same operations with Pillow, an image at a time. Goal: 5 times as many.
- query: 100 of 1,000,000 embeddings of 512 numbers, 1,000 labelled, against the counted floor (albench/bench/floors.py)
  at the rates that the device reached in the same run. Goal: 3.
- graph: a step as a CUDA graph (``albench run --graphs``) against the same step without, alone and as lanes.
- lanes: 32 seeds in one step against one seed alone (goal: 2), and seconds of a trial of 6 rounds x 300 steps that this
  makes, its queries aside.

A second table holds what is no time (see cuda_checks.py): the tests that need CUDA, doctor and bench, one seed twice, a
trial that is killed and started again, lanes beside the same seeds alone, memory.

``--checks`` prints it alone. ``--wheels`` says what to bring to a machine without a network that has Python 3.12 and a
torch for CUDA. ``--pretended`` tries both tables out on tiny cases and a pretended device, ``--device cpu --small`` the
first; such numbers mean nothing.
"""

# ruff: noqa: E402 - torch looks for NVIDIA's package "cuda", and must not take this file for it
from __future__ import annotations

if __name__ == "cuda":  # in a script beside this one
    raise ModuleNotFoundError("this is no package", name="cuda")

import argparse
import contextlib
import importlib.util
import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path = [path for path in sys.path if Path(path or ".").resolve() != HERE]

import numpy as np
import torch

try:
    from albench import devices
    from albench.bench.floors import QuerySizes
    from albench.bench.measured import LANES, QUERIES, TimedCase
    from albench.bench.queries import CLASSES, LABELED, query, query_seconds
    from albench.bench.rates import Rates, measured_rates, product_rate, wait
    from albench.bench.steps import begun, graph_seconds, lane_seconds, random_splits, whole_and_bare
    from albench.testing.pretended import pretended_cuda
    from albench.trial.numerics import numerics
except ModuleNotFoundError as error:
    sys.exit(f"{error.name} is missing: pip install {(error.name or 'albench').partition('.')[0]}")

METHOD = "fixmatch[unlabeled_ratio=7]"
STEPS = {
    "mlp": TimedCase("mlp", (2048,), 10, 50_000, steps=20, goal=1.10, method=METHOD),
    "cnn": TimedCase("cnn", (3, 32, 32), 10, 50_000, steps=20, goal=1.10, method=METHOD),
    "wrn": TimedCase("wrn", (3, 32, 32), 10, 50_000, steps=20, goal=1.10, method=METHOD),
}
LANE_CASES = {
    "mlp, 2,048 features": TimedCase("mlp", (2048,), 6, 5207),
    **LANES,
    "cnn, 28 x 28": TimedCase("cnn", (1, 28, 28), 6, 3882),
}
TRIAL_STEPS = 6 * 300
WORKERS = 8

Row = tuple[str, str, str, str, str]


def shrunk(case: TimedCase) -> TimedCase:
    """A case that a CPU carries out in a moment."""
    backbone = "wrn[depth=10,widen=1]" if case.backbone == "wrn" else case.backbone
    method = "fixmatch[unlabeled_ratio=1]" if case.method == METHOD else case.method
    return replace(case, backbone=backbone, method=method, size=256, steps=1)


def step_rows(device: str, small: bool) -> Iterator[Row]:
    """Whole against bare steps."""
    for name, case in STEPS.items():
        whole, bare = whole_and_bare(shrunk(case) if small else case, device, blocks=1 if small else 10)
        ours, limit = f"{whole * 1e3:.2f} ms", f"{bare * 1e3:.2f} ms bare"
        yield f"step, `{name}`", ours, limit, f"{whole / bare:.2f}", f"<= {case.goal:.2f}"


class Classical(torch.utils.data.Dataset[Any]):
    """Unlabelled images as a FixMatch code base reads them: each item a weak and a strong view by Pillow."""

    def __init__(self, images: np.ndarray) -> None:
        from PIL import Image

        from albench.api.dataset import ImageDataset

        self._images = [Image.fromarray(image) for image in images.transpose(0, 2, 3, 1)]
        self._views = _beside("augmentation").PillowViews(ImageDataset(), np.random.Generator(np.random.PCG64(0)))

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, at: int) -> tuple[torch.Tensor, torch.Tensor]:
        weak, strong = (view([self._images[at]])[0] for view in (self._views.weak, self._views.strong))
        return torch.from_numpy(weak).permute(2, 0, 1), torch.from_numpy(strong).permute(2, 0, 1)


def _beside(name: str) -> Any:
    """A module beside this file."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def classical_rate(images: np.ndarray, batch: int, device: str, workers: int, seconds: float) -> float:
    """Views a second on the device from a DataLoader."""
    loader = torch.utils.data.DataLoader(
        Classical(images),
        batch_size=batch,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        pin_memory=devices.can(device).pinned and workers > 0,
        persistent_workers=workers > 0,
        generator=torch.Generator().manual_seed(0),
    )

    def batches() -> Iterator[Any]:
        while True:
            yield from loader

    stream, count = batches(), 0
    for _ in range(2 * workers + 1):  # what was fetched while the workers started does not count
        next(stream)
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        weak, strong = (view.to(device, non_blocking=True) for view in next(stream))
        count += len(weak) + len(strong)
    wait(device)
    return count / (time.perf_counter() - started)


def own_rate(case: TimedCase, device: str, seconds: float) -> float:
    """Views a second on the device from a trial's batches."""
    (run,) = begun(case, device)
    stream, count = (batch for _ in itertools.count() for batch in run.batches(0)), 0
    for _ in range(8):
        next(stream)
    wait(device)
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        for _ in range(case.steps):
            batch = next(stream)
            count += len(batch.x_lab) + len(batch.x_weak) + len(batch.x_strong)
        wait(device)
    return count / (time.perf_counter() - started)


def pipeline_rows(device: str, small: bool) -> Iterator[Row]:
    """Batches on the device against the classical pipeline."""
    case = shrunk(STEPS["cnn"]) if small else STEPS["cnn"]
    ours = own_rate(case, device, 0.2 if small else 5.0)
    name, shown = "pipeline, 32 x 32 x 3", f"{ours:,.0f} views/s"
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        yield name, shown, "not measured: Pillow is missing", "-", ">= 5"
        return
    images = random_splits(case).train.x
    workers = 0 if small else WORKERS
    theirs = classical_rate(images, 32 if small else 448, device, workers, 0.2 if small else 10.0)
    yield name, shown, f"{theirs:,.0f} views/s, {workers} workers", f"{ours / theirs:.1f}", ">= 5"


def query_rows(device: str, rates: Rates, small: bool) -> Iterator[Row]:
    """Queries against their counted floors."""
    n, size, q = (2000, 64, 20) if small else (1_000_000, 512, 100)
    for name, timed in QUERIES.items():
        query(name, 2000, 20, size, device)()
        took = query_seconds(query(name, n, q, size, device), device)
        least = timed.floor.seconds(QuerySizes(n, q, size, CLASSES, LABELED), rates)
        ratio = f"{took / least:.1f}"
        yield f"query, `{name}`, {n:,} x {size}", f"{took * 1e3:.1f} ms", f"{least * 1e3:.2f} ms floor", ratio, "<= 3"


def lane_rows(device: str, small: bool) -> Iterator[Row]:
    """Seeds together against one alone."""
    count = 2 if small else 32
    for name, case in (LANES if small else LANE_CASES).items():
        case = shrunk(case) if small else case
        one, _, together = lane_seconds(case, count, device, blocks=1 if small else 8)
        trial = together / count * TRIAL_STEPS
        shown = f"{together * 1e3:.2f} ms, {trial:.2f} s a trial"
        yield f"{count} lanes, `{name}`", shown, f"{one * 1e3:.2f} ms one seed", f"{together / one:.2f}", "<= 2"


def graph_rows(device: str, small: bool) -> Iterator[Row]:
    """Steps as CUDA graphs against steps without."""
    for name, case in STEPS.items() if devices.can(device).graphs else ():
        for count in (1, 2 if small else 32):
            if count > 1 and case.backbone == "wrn":
                continue  # its statistics of batches are no lanes'
            timed = replace(shrunk(case), steps=4) if small else case
            without, by_graph = graph_seconds(timed, device, count, blocks=1 if small else 10)
            what = f"graph, `{name}`" if count == 1 else f"graph, {count} lanes of `{name}`"
            ratio = f"{by_graph / without:.2f}"
            yield what, f"{by_graph * 1e3:.2f} ms", f"{without * 1e3:.2f} ms without", ratio, "< 1"


def speed(device: str, small: bool) -> None:
    """Print the table of what takes time."""
    mixed = devices.can(device).mixed
    with numerics(1):
        rates = measured_rates(device, small=small)
        half = product_rate(device, torch.bfloat16, side=256 if small or not mixed else 0)
        print(
            f"It reads {rates.read / 1e9:,.0f} GB/s, multiplies "
            f"{rates.product / 1e12:.2f} TFLOP/s in float32 and {half / 1e12:.2f} in bfloat16.\n"
        )
        print("| case | albench | against | ratio | goal |\n|---|---:|---:|---:|---:|")
        made = {
            "step": lambda: step_rows(device, small),
            "pipeline": lambda: pipeline_rows(device, small),
            "query": lambda: query_rows(device, rates, small),
            "lanes": lambda: lane_rows(device, small),
            "graph": lambda: graph_rows(device, small),
        }
        for name, rows in made.items():
            try:
                for row in rows():
                    print(f"| {' | '.join(row)} |", flush=True)
            except (RuntimeError, OSError) as error:  # the others go on
                print(f"| {name} | not measured: {' '.join(str(error).split())[:200]} | - | - | - |", flush=True)


def where(device: str) -> str:
    """The name of the card."""
    return devices.name(device) if devices.is_accelerator(device) else "CPU, one thread"


def checked(device: str, small: bool, pretended: bool) -> None:
    """Print the table of what is no time."""
    checks = _beside("cuda_checks")
    print("\n| check | found | is to be |\n|---|---|---|")
    for row in checks.rows(checks.Place(device, pretended, small)):
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--small", action="store_true", help="tiny cases, to try the script out")
    parser.add_argument("--pretended", action="store_true", help="tiny cases on a device that is not there")
    parser.add_argument("--checks", action="store_true", help="the second table alone")
    parser.add_argument("--wheels", action="store_true", help="say what to bring to a machine without a network")
    arguments = parser.parse_args()
    device, small, pretended = arguments.device, arguments.small or arguments.pretended, arguments.pretended
    if arguments.wheels:
        print(_beside("cuda_checks").wheels())
        return
    with pretended_cuda() if pretended else contextlib.nullcontext():
        if devices.is_accelerator(device) and device not in devices.there():
            sys.exit(f"torch {torch.__version__} sees no {device}: try --pretended, or --device cpu --small.")
        if lacking := _beside("cuda_checks").missing():
            print(f"Missing here, so that some rows are not measured: {', '.join(lacking)}.\n")
        print(f"{where(device)}, torch {torch.__version__}")
        if not arguments.checks:
            speed(device, small)
        if devices.is_accelerator(device):
            checked(device, small, pretended)


if __name__ == "__main__":
    main()
