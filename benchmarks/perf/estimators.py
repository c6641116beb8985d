"""The loop with an estimator beside two other libraries: python benchmarks/perf/estimators.py [--seeds 50]

Pool of 2,000 items with 20 features, logistic regression with scikit-learn's penalty (C = 1), 20 labels to start with,
5 rounds (5 fits, 4 queries of 20 by margin), a test set predicted in every round. Each library does all seeds in a
process of its own, from its start to its end, imports included: albench as ``albench run``, which keeps a record of
each round, its metrics and predictions, and prints its table; the others as the loop of their documentation, which
keeps the test accuracy. Seconds of wall clock, of the processor, and of the processor less those of one seed alone.
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


def data(n_classes: int) -> Data:
    """Pool and test set, float32 as feature files are."""
    from sklearn.datasets import make_classification

    x, y = make_classification(POOL + TEST, 20, n_informative=8, n_classes=n_classes, random_state=0)
    x = x.astype(np.float32)
    return x[:POOL], y[:POOL], x[POOL:], y[POOL:]


def first(y: np.ndarray, seed: int) -> np.ndarray:
    """Labels to start with, as many of each class."""
    rng = np.random.default_rng(seed)
    classes = np.unique(y)
    return np.concatenate([rng.choice(np.flatnonzero(y == each), INITIAL // len(classes), False) for each in classes])


def modal(given: Data, seeds: int) -> list[float]:
    """modAL's loop: query, teach."""
    from modAL.models import ActiveLearner, learners
    from modAL.uncertainty import margin_sampling
    from sklearn.linear_model import LogisticRegression

    # Its last version passes a keyword that scikit-learn 1.8 no longer has.
    check = learners.check_X_y
    learners.check_X_y = lambda *a, force_all_finite=True, **k: check(*a, ensure_all_finite=force_all_finite, **k)
    x, y, x_test, y_test = given
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


def activeml(given: Data, seeds: int) -> list[float]:
    """scikit-activeml's loop: fit, query, label."""
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import UncertaintySampling
    from skactiveml.utils import MISSING_LABEL
    from sklearn.linear_model import LogisticRegression

    x, y, x_test, y_test = given
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


def albench(backbone: str, given: Data, seeds: int) -> list[float]:
    """``albench run``; returns what its records say."""
    from albench.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table"
        table.mkdir()
        x, y, x_test, y_test = given
        few = (x_test[:50], y_test[:50])  # a validation split, of which nothing is read
        for name, (items, labels) in {"train": (x, y), "val": few, "test": (x_test[50:], y_test[50:])}.items():
            np.save(table / f"{name}-features.npy", items)
            np.save(table / f"{name}-labels.npy", labels)
        words = ["run", "-d", f"features[path={table}]", "-m", "supervised", "-s", "margin", "--backbone", backbone]
        words += ["--seeds", str(seeds), "--rounds", str(ROUNDS), "--initial", str(INITIAL)]
        words += ["--query-size", str(QUERY), "--executor", "local", "--name", "t", "--out", folder]
        try:
            main(words)
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"albench {' '.join(words)} ended with {end.code}") from end
        lines = [path.read_text().splitlines()[-1] for path in Path(folder).glob("t/trials/*/rounds.jsonl")]
        return [json.loads(line)["test"]["accuracy"] for line in lines]


LIBRARIES: dict[str, tuple[str, Callable[[Data, int], list[float]]]] = {
    "albench, linear": ("albench", lambda given, seeds: albench("linear", given, seeds)),
    "albench, scikit-learn's": ("albench", lambda given, seeds: albench("sklearn", given, seeds)),
    "scikit-activeml": ("skactiveml", activeml),
    "modAL": ("modAL", modal),
}
"""Name -> module that it needs, and its loop."""


def alone(name: str, n_classes: int, seeds: int) -> None:
    """One library in this process: JSON on the last line of standard output."""
    import warnings

    warnings.simplefilter("ignore")
    given = data(n_classes)
    module, loop = LIBRARIES[name]
    accuracies = loop(given, seeds)
    print("\n" + json.dumps({"accuracy": float(np.mean(accuracies)), "of": len(accuracies), "module": module}))


def measured(name: str, n_classes: int, seeds: int) -> dict[str, Any]:
    """Seconds of a process that does it, wall clock and processor."""
    words = [sys.executable, __file__, "--only", name, "--classes", str(n_classes), "--seeds", str(seeds)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": wall, "cpu": cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--only", choices=LIBRARIES, help="one library, in this process")
    given = parser.parse_args()
    if given.only:
        alone(given.only, given.classes, given.seeds)
        return
    found = {}
    for name, (module, _) in LIBRARIES.items():
        if not importlib.util.find_spec(module):
            print(f"{name}: not installed")
            continue
        start = measured(name, given.classes, 1)
        whole = measured(name, given.classes, given.seeds)
        whole["loop"] = (whole["cpu"] - start["cpu"]) * given.seeds / max(1, given.seeds - 1)
        found[name] = whole
        print(
            f"{name:24} wall {whole['wall']:6.2f} s  processor {whole['cpu']:6.2f} s  without starting "
            f"{whole['loop']:6.2f} s  accuracy {whole['accuracy']:.3f}",
            flush=True,
        )
    peers = [name for name in found if not name.startswith("albench")]
    for name in (name for name in found if name.startswith("albench")):
        for what in ("wall", "cpu", "loop"):
            if peers:
                fastest = min(found[peer][what] for peer in peers)
                print(f"{name}: {what} of the faster peer is {fastest / found[name][what]:.1f} times its own")


if __name__ == "__main__":
    main()
