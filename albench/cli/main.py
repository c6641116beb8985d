"""The ``albench`` command: finds subcommands lazily and turns errors into one line and an exit code."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import Any

import click

from albench.cli.streams import shown
from albench.disk.interrupts import INTERRUPTED, as_interrupts, stopped
from albench.errors import AlbenchError, OutputLost, nearest
from albench.version import __version__

COMMANDS = (
    "run",
    "watch",
    "compare",
    "report",
    "plot",
    "picks",
    "tuned",
    "export",
    "merge",
    "list",
    "show",
    "new",
    "check",
    "data",
    "bench",
    "doctor",
)


LONGEST = 2000
"""Characters of an error's line."""


class LazyGroup(click.Group):
    """A group whose commands are modules of ``albench.cli``, imported when they are looked at."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._add_from_plugins()
        return [*COMMANDS, *sorted(set(super().list_commands(ctx)) - set(COMMANDS))]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            command: click.Command = importlib.import_module(f"albench.cli.{name}").command
            return command
        self._add_from_plugins()
        return super().get_command(ctx, name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            close = nearest(name, self.list_commands(ctx))
            hint = f"did you mean '{close}'?" if close else f"choose from {', '.join(self.list_commands(ctx))}."
            raise click.UsageError(f"unknown command '{name}': {hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would write to a terminal that may be gone
            raise click.exceptions.Abort from None

    def _add_from_plugins(self) -> None:
        from albench.components.registry import registry

        if not self.__dict__.get("_asked"):
            self.__dict__["_asked"] = True
            for error in registry().call("albench_commands", group=self):
                click.echo(f"Warning: {error}", err=True)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="albench")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Benchmark active learning joined with semi-supervised learning.

    Which query strategy, with which semi-supervised method, reaches the accuracy you need with the fewest labels - and
    how sure can you be? Start with:

    \b
      albench run --strategy boostmis
      albench run --strategy random
      albench compare
    """
    ctx.obj = {"debug": debug}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Exit codes: 0 done, 1 a run failed or all of it was skipped, or standard output cannot be written, 2 the input
    cannot be used, 3 a run came to its time limit with trials left, 130 interrupted.
    """
    try:
        with shown() as lost:
            try:
                _main(arguments)
            finally:
                if line := lost():
                    click.echo(f"note: {line}", err=True)
    except OutputLost as error:
        if not error.reason:  # the reader of a pipe has what it wanted, as in 'albench list | head'
            sys.exit(0)
        _stop(f"standard output cannot be written: {error.reason}.", 1)


def _main(arguments: list[str] | None) -> None:
    debug = "--debug" in (sys.argv[1:] if arguments is None else arguments)
    try:
        with as_interrupts(orderly=False):
            code = cli.main(args=arguments, prog_name="albench", standalone_mode=False)
    except click.exceptions.Abort:
        with contextlib.suppress(OSError):  # the terminal may be gone
            click.echo(stopped(), err=True)
        sys.exit(INTERRUPTED)
    except click.NoSuchOption as error:
        _stop(_no_such_option(error), error.exit_code, error.ctx)
    except click.ClickException as error:
        _stop(error.format_message(), error.exit_code, error.ctx if isinstance(error, click.UsageError) else None)
    except AlbenchError as error:
        if debug:
            raise
        _stop(str(error), error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _no_such_option(error: click.NoSuchOption) -> str:
    """What is meant by an option that there is not: another of the command, or a setting of the protocol."""
    from albench.suite.synonyms import meant

    if error.ctx is None:
        return error.format_message()
    options = {str(each.name): max(each.opts, key=len) for each in error.ctx.command.params if each.opts[0][:1] == "-"}
    name = error.option_name.lstrip("-")
    if error.ctx.command.name == "run":
        from albench.cli.run import called

        line = called(name)
    else:
        close = meant(name, options)
        line = f"did you mean {options[close]}?" if close else ""
    return f"no such option '{error.option_name}': {line}" if line else error.format_message()


def _stop(message: str, code: int, ctx: click.Context | None = None) -> None:
    """One line on standard error, then exit."""
    line = _shown(" ".join(message.split()))
    hint = f" (see '{ctx.command_path} --help')" if ctx is not None and "--help" not in line else ""
    with contextlib.suppress(OSError):  # the terminal may be gone
        click.echo(f"Error: {line}{hint}", err=True)
    sys.exit(code)


def _shown(line: str) -> str:
    """A line with what could steer a terminal written out, and the middle of a very long one left out."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
