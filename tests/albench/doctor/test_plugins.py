"""Plugins that are broken are named, with what helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examined import Command, Report, found


def test_a_broken_one_is_named_with_its_distribution(
    tmp_path: Path, distribution: Any, report: Callable[..., Report]
) -> None:
    path = distribution("import a_library_that_is_not_here\n")
    code, parts = report("plugins", "self-test", cwd=tmp_path, PYTHONPATH=path)
    broken = found(parts, "plugins", "sorry")
    assert (code, broken["status"]) == (1, "broken")
    assert "sorry 1.2" in broken["found"]
    assert "a_library_that_is_not_here" in broken["found"]
    assert "ALBENCH_DISABLE_PLUGINS=sorry" in broken["advice"]
    assert found(parts, "self-test", "train and query, cpu")["status"] == "ok"  # it is not of this run


def test_the_table_says_what_to_do(tmp_path: Path, distribution: Any, doctor: Command) -> None:
    done = doctor("plugins", cwd=tmp_path, PYTHONPATH=distribution("import a_library_that_is_not_here\n"))
    lines = done.stdout.splitlines()
    (row,) = [number for number, line in enumerate(lines) if "BROKEN" in line]
    assert "a_library_that_is_not_here" in lines[row]
    assert lines[row + 1].strip().startswith("-> pip install --upgrade sorry")
    assert (done.returncode, lines[-1]) == (1, "1 broken, 0 warnings: see what '->' says.")


@pytest.mark.parametrize("way", ["import", "verify"])
def test_one_that_wants_to_end_the_program(
    tmp_path: Path, distribution: Any, way: str, report: Callable[..., Report]
) -> None:
    path = distribution(
        f"""
        import sys
        from dataclasses import dataclass
        from albench.api import Dataset, hookimpl

        @dataclass(frozen=True)
        class Exits(Dataset):
            def load(self, root):
                raise NotImplementedError

            def verify(self, root):
                sys.exit(0)

        def __getattr__(name):
            sys.exit(0) if name == "Nothing" else None
            raise AttributeError(name)

        @hookimpl
        def albench_register(add):
            add.dataset("exits", {"Exits" if way == "verify" else "'sorry_plugin:Nothing'"}, "none")
        """
    )
    code, parts = report("plugins" if way == "import" else "data", cwd=tmp_path, PYTHONPATH=path)
    broken = [diagnosis["what"] for part in parts.values() for diagnosis in part if diagnosis["status"] == "broken"]
    assert (code, broken) == (1, ["dataset exits" if way == "import" else "exits"])


def test_what_it_advises_helps(tmp_path: Path, distribution: Any, report: Callable[..., Report]) -> None:
    path = distribution("import a_library_that_is_not_here\n")
    code, parts = report("plugins", cwd=tmp_path, PYTHONPATH=path, ALBENCH_DISABLE_PLUGINS="sorry")
    assert (code, found(parts, "plugins", "sorry")["status"]) == (0, "note")


def test_a_component_that_cannot_be_imported(tmp_path: Path, distribution: Any, report: Callable[..., Report]) -> None:
    path = distribution(
        """
        from albench.api import hookimpl

        @hookimpl
        def albench_register(add):
            add.strategy("regret", "nowhere_at_all:Regret", "none")
        """
    )
    code, parts = report("plugins", cwd=tmp_path, PYTHONPATH=path)
    assert (code, found(parts, "plugins", "strategy regret")["status"]) == (1, "broken")


def test_a_name_that_two_claim(tmp_path: Path, distribution: Any, report: Callable[..., Report]) -> None:
    path = distribution(
        """
        from albench.api import hookimpl, Strategy

        class Another(Strategy):
            def scores(self, view):
                return view.index

        @hookimpl
        def albench_register(add):
            add.strategy("random", Another, "another")
        """
    )
    code, parts = report("plugins", cwd=tmp_path, PYTHONPATH=path)
    assert code == 1
    assert "sorry" in found(parts, "plugins", "strategy random")["found"]


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_file_that_cannot_be_used(tmp_path: Path, toy: str, way: str, report: Callable[..., Report]) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def half(\n")
    named = {"ALBENCH_PLUGINS": str(file)} if way == "environment" else {}
    options = [] if way == "environment" else ["--plugin", str(file)]
    code, parts = report("plugins", "data", "--plugin", toy, *options, cwd=tmp_path, **named)
    assert (code, found(parts, "plugins", str(file))["status"]) == (1, "broken")
    assert found(parts, "plugins", "toy")["status"] == "ok"
    assert found(parts, "data", "blobs")["status"] == "ok"
