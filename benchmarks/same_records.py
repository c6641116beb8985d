"""Whether an edit left every number as it was: python benchmarks/same_records.py keep DIR, edit, ... same DIR

``keep`` runs small suites, of every method and strategy, alone and in lanes, cold and warm, on vectors and on images,
and leaves their records in DIR. ``same`` runs them again and compares record by record, timings and memory aside; it
ends with 1 and the first difference of each trial where there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import albench
from albench.results.records import read_trial, suite_folders, trial_folders, without_measured

TINY: dict[str, Any] = {"rounds": 3, "steps": 12, "initial": 12, "query_size": 8, "batch_size": 16}
CHOSEN = {"evaluations": 2, "validation": "all"}
"""What chooses the weights is held too."""
SUITES: dict[str, dict[str, Any]] = {
    "methods": {"dataset": "mescc-sim", "method": "@all", "strategy": "random"},
    "strategies": {"dataset": "mescc-sim", "method": "supervised", "strategy": "@all"},
    "lanes": {
        "dataset": "mescc-sim",
        "method": ["fixmatch", "boostmis"],
        "strategy": "boostmis",
        "lanes": 2,
        "seeds": 2,
    },
    "warm": {"dataset": "mescc-sim", "method": "freematch", "strategy": "entropy", "start": "warm"},
    "images": {"dataset": "digits", "method": ["fixmatch", "boostmis"], "strategy": ["coreset", "boostmis"]},
    "estimators": {
        "dataset": "breast-cancer",
        "method": ["supervised", "self-training", "label-spreading"],
        "strategy": "margin",
        "backbone": ["linear[C=2]", "sklearn", "sklearn[model=svm]"],
    },
    "forests": {
        "dataset": "wine",
        "method": "supervised",
        "strategy": "@all",
        "backbone": "sklearn[model=random-forest]",
    },
}


def run(folder: Path) -> None:
    """All suites into a folder."""
    for name, what in SUITES.items():
        albench.run(out=folder, name=name, executor="local", share=False, **{"seeds": 1, **TINY, **CHOSEN, **what})
        print(name, flush=True)


def records(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Suite and key -> what its rounds hold beside measurements."""
    return {
        str(trial.relative_to(folder)): [without_measured(record) for record in read_trial(trial).records]
        for suite in suite_folders(folder)
        for trial in trial_folders(suite)
    }


def differences(old: dict[str, list[dict[str, Any]]], new: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """What is not the same, a line a trial."""
    for key in sorted({*old, *new}):
        if key not in old or key not in new:
            yield f"{key} is {'gone' if key in old else 'new'}"
            continue
        pairs = [
            (number, field)
            for number, (one, other) in enumerate(zip(old[key], new[key], strict=False))
            for field in {*one, *other}
            if one.get(field) != other.get(field)
        ]
        if pairs or len(old[key]) != len(new[key]):
            number, field = min(pairs, default=(min(len(old[key]), len(new[key])), "rounds"))
            yield f"{key}: {field} of round {number}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["keep", "same"])
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    if chosen.what == "keep":
        run(chosen.folder)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        run(Path(scratch))
        old, new = records(chosen.folder), records(Path(scratch))
    found = list(differences(old, new))
    print("\n".join(found) if found else f"{len(new)} trials, {sum(map(len, new.values()))} records: all the same")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
