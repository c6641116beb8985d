"""Trials after trials in one process leave nothing behind (the long form is benchmarks/faults/soak.py)."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest


def left_behind() -> tuple[float, int, int]:
    """Resident MiB once what is free has been given back, open files, threads."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, open_files, threading.active_count()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_thirty_trials_leave_no_memory_no_file_and_no_thread_behind(small_run: Any) -> None:
    seen = []
    for number in range(10):
        small_run(strategy=["boostmis", "badge", "coreset"], method="boostmis", seeds=[number], name=f"pass-{number}")
        seen.append(left_behind())
    memory, files, threads = zip(*seen, strict=True)
    assert len(set(files[2:])) == 1
    assert len(set(threads[2:])) == 1
    assert memory[-1] - memory[3] < 4, "MiB over 18 trials"
