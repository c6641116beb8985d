"""Puts on record what every step and query asks of the pretended device: python tests/devices/renew.py"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

import device_counts
from pretended_work import found, works


def main() -> None:
    """Measure all and write."""
    torch.set_num_threads(1)
    before = device_counts.recorded() if device_counts.RECORD.exists() else {}
    after = {" ".join(work): found(work).counts for work in works()}
    device_counts.write(after)
    for work in sorted({*before, *after}):
        if before.get(work) != after.get(work):
            print(f"{work}: {before.get(work)} -> {after.get(work)}")


if __name__ == "__main__":
    main()
