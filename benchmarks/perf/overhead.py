"""What albench itself costs: python benchmarks/perf/overhead.py

- Loop overhead: the wall time of a trial less its training, evaluation and query, a round. It holds the checkpoint, the
  record, the flush to disk and what stands between them.
- Start-up: ``albench --help`` and ``albench list`` against an empty Python.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from albench.bench.measured import STEPS
from albench.bench.steps import begun
from albench.results.records import read_trial
from albench.results.store import TrialStore
from albench.trial.rounds import Lane, run_trials

ROUNDS = 6


def loop_overhead(case: str) -> float:
    """Seconds a round."""
    import dataclasses

    (run,) = begun(STEPS[case])
    protocol = dataclasses.replace(run.trial.protocol, steps=10, rounds=ROUNDS, evaluations=1)
    trial = dataclasses.replace(run.trial, protocol=protocol)
    parts = dataclasses.replace(run.parts, amounts=dataclasses.replace(run.parts.amounts, rounds=ROUNDS))
    with tempfile.TemporaryDirectory() as folder:
        store = TrialStore(Path(folder) / "t")
        store.folder.mkdir()
        started: list[float] = []
        facts = {"data_hash": "", "protocol": dataclasses.asdict(protocol)}
        lane = Lane(trial, store, facts, lambda _: started.append(time.perf_counter()))
        run_trials([lane], parts, lambda _: None, together=False)
        if lane.error:
            raise lane.error
        records = read_trial(store.folder).records
    # Between the ends of two rounds: everything of the second round.
    whole = started[-1] - started[0]
    return (whole - sum(sum(r["seconds"].values()) for r in records[1:])) / (ROUNDS - 1)


def start_up(*words: str) -> float:
    """Seconds of a command, the best of seven."""
    best = float("inf")
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    for case in STEPS:
        print(f"loop overhead, {case}: {loop_overhead(case) * 1e3:6.1f} ms a round (goal 50)")
    for name, words in {
        "python": ("-c", "pass"),
        "albench --help": ("-m", "albench", "--help"),
        "albench list": ("-m", "albench", "list"),
    }.items():
        print(f"{name:16}{start_up(*words) * 1e3:6.0f} ms")


if __name__ == "__main__":
    main()
