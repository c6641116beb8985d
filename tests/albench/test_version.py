"""One version: of the installed distribution, of the command, of what is cited."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from click.testing import CliRunner

import albench
from albench.cli.main import cli
from albench.version import __version__

ROOT = Path(__file__).parents[2]


def test_there_is_one_version() -> None:
    assert albench.__version__ == __version__ == importlib.metadata.version("albench")
    assert CliRunner().invoke(cli, ["--version"]).output == f"albench, version {__version__}\n"
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == __version__
