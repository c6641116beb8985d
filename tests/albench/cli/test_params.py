"""What commands share: specs whose names the shell completes, and where data and plugins are."""

from __future__ import annotations

import os

import click
import pytest
from click.testing import CliRunner, Result

from albench.cli.main import cli
from albench.cli.params import data_dir_option, plugin_option


def completions(words: str) -> str:
    result: Result = CliRunner().invoke(
        cli, [], prog_name="albench", env={"_ALBENCH_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "3"}
    )
    return result.output


def test_the_shell_completes_names() -> None:
    assert "boostmis" in completions("albench run -s bo")
    assert "fixmatch" in completions("albench run --method fix")


def test_panels_are_completed_too() -> None:
    assert "@standard" in completions("albench run -s @st")


def test_plugins_are_files_and_none_but_albenchs_own_leaves_the_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBENCH_NO_PLUGINS", "")
    asked: list[tuple[tuple[str, ...], str]] = []

    @click.command()
    @plugin_option
    def command(plugins: tuple[str, ...]) -> None:
        asked.append((plugins, os.environ["ALBENCH_NO_PLUGINS"]))

    assert CliRunner().invoke(command, ["--plugin", "a.py", "--plugin", "b.py"]).exit_code == 0
    assert CliRunner().invoke(command, ["--no-plugins"]).exit_code == 0
    assert asked == [(("a.py", "b.py"), ""), ((), "1")]


def test_the_data_folder_is_named_or_in_the_environment() -> None:
    asked: list[str | None] = []

    @click.command()
    @data_dir_option
    def command(data_dir: str | None) -> None:
        asked.append(data_dir)

    CliRunner().invoke(command, [], env={"ALBENCH_DATA": "there"})
    CliRunner().invoke(command, ["--data-dir", "here"], env={"ALBENCH_DATA": "there"})
    assert asked == ["there", "here"]
