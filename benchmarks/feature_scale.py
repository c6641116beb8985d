"""Where standardising features helps a perceptron and where it harms: python benchmarks/feature_scale.py

Each set is trained on as it is (``scale=none``) and standardised by the pool (``scale=pool``); the last column is what
``scale=auto`` chooses. Two rounds of the supervised method, 60 labels and 200 steps in each, four seeds; macro F1.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import albench
from albench_datasets.features import Features
from albench_datasets.mescc_sim import MesccSim

SEEDS = 4
SETTINGS = {"initial": 60, "query_size": 60, "rounds": 2, "steps": 200}


def sets() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> features (N, D) and labels (N,)."""
    from sklearn.datasets import load_breast_cancer, load_digits

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    mescc = MesccSim().load(None).train
    rows = rng.permutation(len(mescc))[:1500]
    group = np.arange(600) % 2
    distance = np.where(group[:, None] == 1, 3.0, 1.0) + 0.3 * rng.standard_normal((600, 2))
    return {
        "digits": (x, y),
        "mescc-sim": (mescc.x[rows], mescc.y[rows]),
        "breast cancer": load_breast_cancer(return_X_y=True),
        "digits, features from 1e-3 to 1e3": (x * np.logspace(-3, 3, 64), y),
        "digits + 10,000": (x + 1e4, y),
        "digits x 1e6": (x * 1e6, y),
        "digits x 1e-4": (x * 1e-4, y),
        "two distances from zero": (distance, group),
        "two distances from zero x 1e6": (distance * 1e6, group),
    }


def score(path: Path, scale: str, out: Path) -> str:
    """Mean macro F1 with its standard deviation over seeds."""
    results = albench.run(
        dataset=f"features[path={path},scale={scale},equal_items=drop]",
        method="supervised",
        strategy="random",
        seeds=SEEDS,
        name=f"{path.stem}-{scale}",
        out=out,
        executor="local",
        **SETTINGS,
    )
    frame = results.frame
    last = frame.loc[frame["n_labeled"] == frame["n_labeled"].max(), "test.macro_f1"]
    return f"{last.mean():.3f} ± {last.std():.3f}"


def main() -> None:
    print("| features | as they are | standardised | `auto` |\n|---|---:|---:|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, (x, y)) in enumerate(sets().items()):
            path = Path(folder) / f"set-{number}.npz"
            np.savez(path, features=x.astype(np.float32), labels=y)
            told = Features(path=str(path)).load(None).how_read
            chosen = "standardised" if any(line.startswith("features were") for line in told) else "as they are"
            out = Path(folder)
            print(f"| {name} | {score(path, 'none', out)} | {score(path, 'pool', out)} | {chosen} |", flush=True)


if __name__ == "__main__":
    main()
