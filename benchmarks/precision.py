"""Whether bfloat16 trains as float32 does: python benchmarks/precision.py [--seeds 12]

``digits`` with ``cnn``, 50 labels and 50 more by ``entropy``. Beside the two precisions a third column is float32 with
a learning rate that is a millionth larger: what a method makes of a difference that means nothing. Macro F1 after each
round, the mean and standard deviation over seeds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from typing import Any

import albench

COLUMNS: dict[str, dict[str, Any]] = {
    "fp32": {"precision": "fp32"},
    "bf16": {"precision": "bf16"},
    "nudged": {"lr": 0.03000003},
}
CASES = (("fixmatch", 100), ("freematch", 100), ("freematch", 200))


def scores(method: str, steps: int, seeds: int, settings: dict[str, Any]) -> dict[int, list[float]]:
    """Round -> macro F1 of each seed."""
    with tempfile.TemporaryDirectory() as folder:
        results = albench.run(
            out=folder, dataset="digits", backbone="cnn", method=method, strategy="entropy", seeds=seeds, rounds=2,
            initial=50, query_size=50, steps=steps, validation="all", device="cpu", **settings,
        )  # fmt: skip
    return {int(number): list(rows["test.macro_f1"]) for number, rows in results.frame.groupby("round")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    arguments = parser.parse_args()
    print("| method | steps | round | " + " | ".join(COLUMNS) + " |")
    print("|---|--:|--:|" + "---|" * len(COLUMNS))
    for method, steps in CASES:
        found = [scores(method, steps, arguments.seeds, settings) for settings in COLUMNS.values()]
        for number in found[0]:
            told = [f"{statistics.mean(one[number]):.3f} ± {statistics.stdev(one[number]):.3f}" for one in found]
            print(f"| `{method}` | {steps} | {number + 1} | " + " | ".join(told) + " |", flush=True)


if __name__ == "__main__":
    main()
