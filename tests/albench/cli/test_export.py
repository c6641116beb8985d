"""``albench export``: what it says of the archive that it wrote."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_suites import key_of, make_suite

from albench.cli.export import _size

Inside = Callable[..., subprocess.CompletedProcess[str]]


def test_suites_are_listed_with_how_their_trials_stand_and_what_was_torn(inside: Inside, tmp_path: Path) -> None:
    suite = make_suite(tmp_path / "results" / "s", "random")
    make_suite(tmp_path / "results" / "t", "random", rounds=1)
    with (suite / "trials" / key_of("random", 0) / "rounds.jsonl").open("a") as torn:
        torn.write('{"round": 2')
    done = inside("export", "--output", "all.zip")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Wrote all.zip (")
    assert lines[0].endswith(" KB): 2 suites, 4 trials.")
    assert lines[1] == "  s: 2 complete"
    assert "line 3 is torn" in lines[2]
    assert lines[3] == "  t: 2 incomplete"
    assert zipfile.is_zipfile("all.zip")


@pytest.mark.parametrize(("n_bytes", "text"), [(10, "1 KB"), (3000, "3 KB"), (2**20, "1.0 MB"), (2**18, "0.2 MB")])
def test_sizes_are_in_units_that_people_use(n_bytes: int, text: str) -> None:
    assert _size(n_bytes) == text
