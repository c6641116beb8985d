"""What reading and comparing 1,000 stored trials costs: python benchmarks/perf/compare.py

A suite of 5 data sets x 2 methods x 10 strategies x 10 seeds of 10 rounds is written to a temporary folder with the
project's own store: records as a run leaves them, of ten classes. Then ``albench compare`` and ``albench report`` read
it in fresh processes, five times each: medians of the wall time with start-up and of the processor's, and the largest
memory. Beside them stand floors: start-up, the imports that statistics need, and the same bytes through ``json.loads``
alone.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from albench.disk.files import write_atomic
from albench.results.records import encode_record
from albench.results.store import SuiteStore

DATASETS = [f"data-{name}" for name in "abcde"]
METHODS = ["supervised", "fixmatch"]
STRATEGIES = ["random", "entropy", "margin", "coreset", "badge", "boostmis", "typiclust", "bald", "probcover", "kmeans"]
SEEDS, ROUNDS, CLASSES, QUERY = 10, 10, 10, 100
REPEATS = 5
JSON_ALONE = """
import json, pathlib, sys
for path in pathlib.Path(sys.argv[1]).glob("*/trials/*/rounds.jsonl"):
    for line in path.read_bytes().splitlines():
        json.loads(line)
"""
METRICS = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "auroc", "average_precision")


def write_suite(folder: Path) -> int:
    """Write the suite; the bytes of its records."""
    rng = np.random.default_rng(0)
    suite = SuiteStore(folder / "thousand")
    suite.open()
    classes = [str(at) for at in range(CLASSES)]
    about = {"data_hash": "0" * 16, "stand_in": "", "notices": [], "classes": classes, "sizes": [20_000, 500, 1000]}
    runs = [{"command": ["albench", "run"], "executor": "local", "trials": 1000}]
    suite.update_manifest({"format": 1, "suite": "thousand", "datasets": dict.fromkeys(DATASETS, about), "runs": runs})
    size = 0
    for facts in trials(classes):
        store = suite.trial(facts["key"])
        store.describe(facts)
        lift = 0.01 * STRATEGIES.index(facts["strategy"]) + rng.normal(0, 0.02)
        lines = "".join(encode_record(record(at, lift, rng)) for at in range(ROUNDS))
        write_atomic(store.folder / "rounds.jsonl", lines)
        size += len(lines)
    return size


def trials(classes: list[str]) -> Iterator[dict[str, Any]]:
    """What ``trial.json`` says of each."""
    protocol = {"initial": "100", "query_size": str(QUERY), "rounds": ROUNDS, "steps": 200, "device": "cpu"}
    for dataset in DATASETS:
        for method in METHODS:
            for strategy in STRATEGIES:
                for seed in range(SEEDS):
                    parts = {"dataset": dataset, "method": method, "strategy": strategy, "backbone": "mlp"}
                    yield {
                        "format": 1,
                        "key": f"{dataset}--{method}--{strategy}--mlp--s{seed}--{seed:012x}",
                        **parts,
                        "resolved": parts,
                        "from": dict.fromkeys(parts, "albench"),
                        "seed": seed,
                        "protocol_hash": "8f047c49",
                        "protocol": protocol,
                        "data_hash": "0" * 16,
                        "stand_in": "",
                        "class_names": classes,
                        "initial_hash": "0" * 16,
                    }


def record(number: int, lift: float, rng: np.random.Generator) -> dict[str, Any]:
    """One round as ``albench.trial.run`` records it."""
    height = 0.5 + lift + 0.04 * number
    last = number + 1 == ROUNDS

    def scores() -> dict[str, float]:
        recalls = {f"recall.{at}": float(value) for at, value in enumerate(rng.normal(height, 0.05, CLASSES))}
        return {**{name: float(rng.normal(height, 0.01)) for name in METRICS}, "ece": float(rng.random()), **recalls}

    def curve() -> list[float]:
        return [float(f"{value:.6g}") for value in rng.random(20)]

    return {
        "round": number,
        "n_labeled": 100 + QUERY * number,
        "queried": [] if last else rng.integers(20_000, size=QUERY).tolist(),
        "val": scores(),
        "test": scores(),
        "pseudo_label": {"accepted": rng.random(), "accuracy": rng.random(), "rejected_per_class": [97] * CLASSES},
        "query": {} if last else {"per_class": {"all": [10] * CLASSES}, "minority_share": {"all": 0.3}, "notes": {}},
        "training": {"best_step": 200, "loss": curve(), "supervised_loss": curve(), "threshold": curve()},
        "initial_hash": "0" * 16,
        "seconds": {"train": rng.random(), "evaluate": 0.06, "query": 0.001},
        "peak_memory_mb": 448.7,
    }


def measure(words: list[str]) -> tuple[float, float, float]:
    """Median seconds, of wall and processor, and largest MiB of fresh processes."""
    seconds, busy, peaks = [], [], []
    for _ in range(REPEATS):
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - started)
        busy.append(usage.ru_utime + usage.ru_stime)
        peaks.append(usage.ru_maxrss / 2**10)
        if status:
            raise SystemExit(f"{' '.join(words)} failed")
    return statistics.median(seconds), statistics.median(busy), max(peaks)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{write_suite(folder) / 2**20:.0f} MiB of records\n")
        page = folder / "report.html"
        albench = ["-m", "albench"]
        for title, words in {
            "albench --version": [*albench, "--version"],
            "imports (pandas, SciPy)": ["-c", "import pandas, scipy.special"],
            "json.loads alone": ["-c", JSON_ALONE, name],
            "albench compare": [*albench, "compare", name],
            "albench compare --details": [*albench, "compare", name, "--details"],
            "albench compare --format json": [*albench, "compare", name, "--format", "json"],
            "albench report": [*albench, "report", name, "--output", str(page)],
        }.items():
            seconds, busy, peak = measure(words)
            print(f"{title:32}{seconds:7.2f} s, processor {busy:5.2f} s{peak:8.0f} MiB", flush=True)
        print(f"the page: {page.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
