"""The loop with an estimator beside two other libraries: python benchmarks/perf/estimators.py [--seeds 50]

Pool of 2,000 items with 20 features, logistic regression with scikit-learn's penalty (C = 1), 20 labels to start with,
5 rounds (5 fits, 4 queries of 20 by margin), a test set predicted in every round. Each library does all seeds in a
process of its own, from its start to its end, imports included, on items that lie in files: albench as ``albench run``,
which keeps a record of each round, its metrics and predictions, and prints its table; the others as the loop of their
documentation, which keeps the test accuracy. Seconds of wall clock, of the processor, and of the processor less those
of one seed alone: of each the smallest of several runs. ``import torch`` alone is measured beside them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

POOL, TEST, INITIAL, QUERY, ROUNDS = 2000, 800, 20, 20, 5
Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def write(n_classes: int, folder: Path) -> None:
    """Pool and test set as feature files, float32, with a validation split of which nothing is read."""
    from sklearn.datasets import make_classification

    x, y = make_classification(POOL + TEST, 20, n_informative=8, n_classes=n_classes, random_state=0)
    x = x.astype(np.float32)
    splits = {"train": slice(POOL), "val": slice(POOL, POOL + 50), "test": slice(POOL + 50, None)}
    for name, rows in splits.items():
        np.save(folder / f"{name}-features.npy", x[rows])
        np.save(folder / f"{name}-labels.npy", y[rows])


def read(folder: Path) -> Data:
    """Pool and test set."""
    x, y, x_test, y_test = (
        np.load(folder / f"{name}-{what}.npy") for name in ("train", "test") for what in ("features", "labels")
    )
    return x, y, x_test, y_test


def first(y: np.ndarray, seed: int) -> np.ndarray:
    """Labels to start with, as many of each class."""
    rng = np.random.default_rng(seed)
    classes = np.unique(y)
    return np.concatenate([rng.choice(np.flatnonzero(y == each), INITIAL // len(classes), False) for each in classes])


def modal(folder: Path, seeds: int) -> list[float]:
    """modAL's loop: query, teach."""
    from modAL.models import ActiveLearner, learners
    from modAL.uncertainty import margin_sampling
    from sklearn.linear_model import LogisticRegression

    # Its last version passes a keyword that scikit-learn 1.8 no longer has.
    check = learners.check_X_y
    learners.check_X_y = lambda *a, force_all_finite=True, **k: check(*a, ensure_all_finite=force_all_finite, **k)
    x, y, x_test, y_test = read(folder)
    last = []
    for seed in range(seeds):
        start = first(y, seed)
        rest = np.setdiff1d(np.arange(POOL), start)
        learner = ActiveLearner(
            estimator=LogisticRegression(max_iter=1000),
            query_strategy=margin_sampling,
            X_training=x[start],
            y_training=y[start],
        )
        for number in range(ROUNDS):
            accuracy = learner.score(x_test, y_test)
            if number + 1 < ROUNDS:
                picks, _ = learner.query(x[rest], n_instances=QUERY)
                learner.teach(x[rest[picks]], y[rest[picks]])
                rest = np.delete(rest, picks)
        last.append(float(accuracy))
    return last


def activeml(folder: Path, seeds: int) -> list[float]:
    """scikit-activeml's loop: fit, query, label."""
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import UncertaintySampling
    from skactiveml.utils import MISSING_LABEL
    from sklearn.linear_model import LogisticRegression

    x, y, x_test, y_test = read(folder)
    classes = np.unique(y)
    last = []
    for seed in range(seeds):
        known = np.full(POOL, MISSING_LABEL)
        start = first(y, seed)
        known[start] = y[start]
        model = SklearnClassifier(LogisticRegression(max_iter=1000), classes=classes, random_state=seed)
        strategy = UncertaintySampling(method="margin_sampling", random_state=seed)
        for number in range(ROUNDS):
            model.fit(x, known)
            accuracy = model.score(x_test, y_test)
            if number + 1 < ROUNDS:
                picks = strategy.query(X=x, y=known, clf=model, fit_clf=False, batch_size=QUERY)
                known[picks] = y[picks]
        last.append(float(accuracy))
    return last


def albench(backbone: str, table: Path, seeds: int) -> list[float]:
    """``albench run``; returns what its records say."""
    from albench.__main__ import main

    with tempfile.TemporaryDirectory() as folder:
        words = ["run", "-d", f"features[path={table}]", "-m", "supervised", "-s", "margin", "--backbone", backbone]
        words += ["--seeds", str(seeds), "--rounds", str(ROUNDS), "--initial", str(INITIAL)]
        words += ["--query-size", str(QUERY), "--executor", "local", "--name", "t", "--out", folder]
        try:
            sys.argv[1:] = words
            main()
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"albench {' '.join(words)} ended with {end.code}") from end
        lines = [path.read_text().splitlines()[-1] for path in Path(folder).glob("t/trials/*/rounds.jsonl")]
        return [json.loads(line)["test"]["accuracy"] for line in lines]


LIBRARIES: dict[str, tuple[str, Callable[[Path, int], list[float]]]] = {
    "albench, linear": ("albench", lambda table, seeds: albench("linear", table, seeds)),
    "albench, scikit-learn's": ("albench", lambda table, seeds: albench("sklearn", table, seeds)),
    "scikit-activeml": ("skactiveml", activeml),
    "modAL": ("modAL", modal),
}
"""Name -> module that it needs, and its loop."""


def alone(name: str, folder: Path, seeds: int) -> None:
    """One library in this process: JSON on the last line of standard output."""
    import warnings

    warnings.simplefilter("ignore")
    module, loop = LIBRARIES[name]
    accuracies = loop(folder, seeds)
    print("\n" + json.dumps({"accuracy": float(np.mean(accuracies)), "of": len(accuracies), "module": module}))


def measured(words: list[str]) -> dict[str, Any]:
    """What a Python process prints in its last line, and the seconds that it takes, wall clock and processor."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads((done.stdout.splitlines() or ["{}"])[-1]), "wall": wall, "cpu": cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=LIBRARIES, help="one library, in this process, on the files of --data")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    if given.only:
        alone(given.only, given.data, given.seeds)
        return
    with tempfile.TemporaryDirectory() as folder:
        write(given.classes, Path(folder))
        compare(Path(folder), given.seeds, given.runs)


def compare(folder: Path, seeds: int, runs: int) -> None:
    """A line for each library; they take turns, so that what else the machine does is shared."""
    words = {"import torch, alone": [["-c", "import torch"]]}
    for name, (module, _) in LIBRARIES.items():
        if importlib.util.find_spec(module):
            one = [__file__, "--only", name, "--data", str(folder), "--seeds"]
            words[name] = [[*one, "1"], [*one, str(seeds)]]
        else:
            print(f"{name}: not installed")
    made = [{name: [measured(each) for each in given] for name, given in words.items()} for _ in range(runs)]
    found: dict[str, dict[str, float]] = {}
    for name in words:
        wall, cpu = (min(turn[name][-1][what] for turn in made) for what in ("wall", "cpu"))
        loop = (cpu - min(turn[name][0]["cpu"] for turn in made)) * seeds / max(1, seeds - 1)
        found[name] = {"wall": wall, "cpu": cpu, "loop": loop}
        accuracy = made[0][name][-1].get("accuracy", float("nan"))
        print(
            f"{name:24} wall {wall:6.2f} s  processor {cpu:6.2f} s  without starting {loop:6.2f} s  accuracy "
            f"{accuracy:.3f}"
        )
    del found["import torch, alone"]
    peers = [name for name in found if not name.startswith("albench")]
    for name in (name for name in found if name.startswith("albench")):
        for what in ("wall", "cpu", "loop"):
            if peers:
                fastest = min(found[peer][what] for peer in peers)
                print(f"{name}: {what} of the faster peer is {fastest / found[name][what]:.1f} times its own")


if __name__ == "__main__":
    main()
