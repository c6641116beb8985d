"""Checks the documentation: python docs/check.py [--write]

- Every relative link in a Markdown file leads to a file.
- Every ``albench`` command line in a ``sh`` block names a command and options that exist.
- docs/strategies.md, methods.md, datasets.md and checks.md are what components and the kit say of themselves, and
  docs/since.md names every hook, mark, option and setting (``--write`` renews).
- Every test that a page names as ``tests/FILE.py::NAME`` exists.
- Every block after ``<!-- output: COMMAND -->`` is what the command prints now (``--write`` renews it), after
  ``<!-- output: COMMAND; table: TITLE -->`` the one table of it, and that after ``<!-- drawn: SCRIPT -->`` what the
  script draws.
- Every number with a ``<!-- from: SET ... -->`` behind it is that of the published set (docs/quoted.py).
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import quoted
from components import pages

from albench.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(page for room in ("docs", "examples", "benchmarks") for page in sorted((ROOT / room).rglob("*.md"))),
    *sorted((ROOT / "results").rglob("README.md")),
]
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
DRAWN = re.compile(r"<!-- drawn: (?P<script>.+?) -->\n+```mermaid\n(?P<text>.*?)```", re.DOTALL)
OUTPUT = re.compile(
    r"<!-- output: (?P<command>[^;\n]+?)(?:; table: (?P<table>.+?))? -->\n+```text\n(?P<text>.*?)```", re.DOTALL
)


def broken_links(page: Path) -> Iterator[str]:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not (page.parent / target).exists():
            yield f"{page.relative_to(ROOT)}: the link {target} leads nowhere"


def missing_tests(page: Path) -> Iterator[str]:
    for file, name in TEST.findall(page.read_text(encoding="utf-8")):
        path = ROOT / file
        if not path.exists() or f"def {name}(" not in path.read_text(encoding="utf-8"):
            yield f"{page.relative_to(ROOT)}: there is no test {file}::{name}"


def command_lines(page: Path) -> Iterator[str]:
    """The albench commands of the page's ``sh`` blocks, continued lines joined."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|", line):
                if part.strip().startswith("albench "):
                    yield part.strip().split(" #")[0]


def wrong_commands(page: Path) -> Iterator[str]:
    for line in command_lines(page):
        words = shlex.split(line)[1:]
        if words[:1] == ["--help"]:
            continue
        context: click.Context = click.Context(cli)
        command: click.Command | None = cli
        try:
            while isinstance(command, click.Group):
                command = command.get_command(context, words.pop(0))
            if command is None:
                raise click.UsageError("no such command")
            command.make_context("albench", words, resilient_parsing=False)
        except (click.UsageError, click.exceptions.Exit) as error:
            if not isinstance(error, click.exceptions.Exit):
                yield f"{page.relative_to(ROOT)}: '{line}': {error.format_message()}"


def printed(command: str) -> str:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    words = [sys.executable, "-m", *shlex.split(command)]
    return subprocess.run(words, capture_output=True, text=True, check=True, env=environment, cwd=ROOT).stdout


def table(lines: list[str], title: str) -> list[str]:
    """Of a printed comparison the table below its title, without what is said below it."""
    own = lines[lines.index(title) :]
    rule = next(at for at, line in enumerate(own) if set(line) == {"─"})
    rows = itertools.takewhile(lambda line: line and not line.startswith("Hidden:"), own[rule:])
    return own[:rule] + list(rows)


def stale_outputs(page: Path, write: bool) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")

    def renew(match: re.Match[str]) -> str:
        lines = [line.rstrip() for line in printed(match["command"]).strip().splitlines()]
        if match["table"]:
            lines = table(lines, match["table"])
        return match[0].partition("\n")[0] + "\n\n```text\n" + "\n".join(lines) + "\n```"

    def redraw(match: re.Match[str]) -> str:
        drawn = subprocess.run([sys.executable, match["script"]], capture_output=True, text=True, check=True, cwd=ROOT)
        return f"<!-- drawn: {match['script']} -->\n\n```mermaid\n{drawn.stdout}```"

    renewed = DRAWN.sub(redraw, OUTPUT.sub(renew, text))
    if renewed != text and write:
        page.write_text(renewed, encoding="utf-8")
    elif renewed != text:
        yield f"{page.relative_to(ROOT)}: a command's output is stale: python docs/check.py --write"


def stale_pages(write: bool) -> Iterator[str]:
    for name, text in pages().items():
        path = ROOT / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            if write:
                path.write_text(text, encoding="utf-8")
            else:
                yield f"docs/{name} is not what the components say: python docs/check.py --write"


def main() -> int:
    problems = list(stale_pages("--write" in sys.argv))
    for page in PAGES:
        problems += [*broken_links(page), *missing_tests(page), *wrong_commands(page)]
        problems += stale_outputs(page, "--write" in sys.argv)
        problems += quoted.wrong(page, write="--write" in sys.argv)
    for problem in problems:
        print(problem)
    print(f"{len(PAGES)} pages, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
