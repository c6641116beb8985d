"""How hard the drawn phantom is: one supervised trial on some or all of its labels, evaluated on its test split.

    python benchmarks/phantom_difficulty.py --grading six --labels 5207 --backbone cnn --steps 3000

The trial is albench's own: weak views, SGD with Nesterov momentum, the weights' moving average, the best of four
validations. Nothing is kept but what is printed.
"""

from __future__ import annotations

import argparse
import tempfile
import time

import albench

PLAIN = ("accuracy", "balanced_accuracy", "macro_f1", "auroc", "ece")


def measure(arguments: argparse.Namespace) -> dict[str, float]:
    """Test metrics of the trial."""
    with tempfile.TemporaryDirectory() as folder:
        results = albench.run(
            dataset=f"mescc-phantom[grading={arguments.grading}]",
            method=arguments.method,
            strategy="random",
            backbone=arguments.backbone,
            seeds=[arguments.seed],
            out=folder,
            device=arguments.device,
            executor="local",
            rounds=1,
            initial=str(arguments.labels),
            initial_draw="random",
            steps=arguments.steps,
            sampler=arguments.sampler,
        )
        row = results.frame.iloc[-1]
        return {name.removeprefix("test."): float(row[name]) for name in row.index if str(name).startswith("test.")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grading", choices=("two", "six"), default="six")
    parser.add_argument("--labels", type=int, default=5207, help="labels, drawn at random from the 5,207")
    parser.add_argument("--method", default="supervised")
    parser.add_argument("--backbone", default="cnn")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--sampler", choices=("natural", "balanced"), default="natural")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    started = time.perf_counter()
    found = measure(arguments)
    shown = [name for name in found if name in PLAIN or name.startswith("recall.")]
    print(f"{arguments.grading}-grading, {arguments.labels} labels, {arguments.steps} steps of {arguments.backbone}")
    print("  ".join(f"{name} {found[name]:.3f}" for name in shown))
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
