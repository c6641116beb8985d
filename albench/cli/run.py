"""``albench run``: run what is missing of a suite."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, cast

import click

from albench.api.kinds import KINDS
from albench.cli.params import SpecType, data_dir_option, offline_option, plugin_option
from albench.components.defaults import baselines
from albench.wording import counted, plural

if TYPE_CHECKING:
    from albench.api.executor import Outcome
    from albench.execution.plan import Plan
    from albench.results.results import Results

HOW = (
    *("out", "device", "executor", "trackers", "query_time_limit", "time_limit"),
    *("share", "plugins", "data_dir", "fresh", "strict", "offline", "graphs"),
)
"""Options that say how the suite is run, and nothing of what is compared."""


@click.command("run")
@click.argument("suite", metavar="[SUITE.yaml]", required=False, type=click.Path())
@click.option(
    "-s", "--strategy", multiple=True, type=SpecType("strategy"), help="Query strategy, or ALIAS=SPEC; may be repeated."
)
@click.option(
    "-m", "--method", multiple=True, type=SpecType("method"), help="SSL method, or ALIAS=SPEC; may be repeated."
)
@click.option(
    "-d", "--dataset", multiple=True, type=SpecType("dataset"), help="Data set, or ALIAS=SPEC; may be repeated."
)
@click.option("--encoder", multiple=True, type=SpecType("encoder"), help="Frozen model that turns items into vectors.")
@click.option("--backbone", multiple=True, type=SpecType("backbone"), help="Model; the default fits the data.")
@click.option("--seeds", type=int, help="Number of seeds.  [default: 3]")
@click.option(
    "--until-sure",
    metavar="DIFFERENCE|ranking",
    help="Add seeds until it is decided; --seeds: the first look.",
)
@click.option("--max-seeds", type=int, help="Most seeds that --until-sure adds up to.  [default: 50]")
@click.option("--initial", metavar="N|P%", help="Labels to start with, or several as 20,100.  [default: 100]")
@click.option("--initial-draw", metavar="HOW", help="stratified, random or balanced.  [default: stratified]")
@click.option("--initial-strategy", type=SpecType("strategy"), help="Strategy that chooses the first labels instead.")
@click.option("--query-size", metavar="N|P%", help="Labels bought by each query, or several.  [default: 100]")
@click.option("--rounds", metavar="N", help="Rounds of train and evaluate, or several.  [default: 6]")
@click.option(
    "--budget", multiple=True, metavar="N+QxN", help="Instead: 20+5x10, 20 labels and 5 queries of 10; may be repeated."
)
@click.option("--full", is_flag=True, help="Train on all labels of the pool too: a line beside the curves.")
@click.option("--steps", type=int, help="Training steps of each round.  [default: 200]")
@click.option("--tune", multiple=True, metavar="NAME=A,B|A..B", help="Choose a setting on validation; may be repeated.")
@click.option("--tries", type=int, help="Tries of each row that is tuned.  [default: all combinations, up to 12]")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Any other protocol setting, as lr=0.1.")
@click.option(
    "--warm-start/--cold-start",
    "warm",
    default=None,
    help="Keep the weights, or draw fresh ones in each round (default).",
)
@click.option("--lanes", metavar="auto|off|N", help="Seeds trained in one vectorised step.  [default: off]")
@click.option("--share/--no-share", default=True, help="Train the same first round once for all strategies (default).")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N, mps or xpu.")
@click.option("--graphs", is_flag=True, help="Launch training steps as CUDA graphs; tried on no GPU yet.")
@click.option("--executor", type=SpecType("executor"), help="local, processes[workers=N], ray[...], slurm[...]")
@click.option("--query-time-limit", type=float, metavar="SECONDS", help="Fail a trial whose query takes longer.")
@click.option("--time-limit", metavar="TIME", help="Begin no round after TIME, as 45s, 30m, 2h or 1h30m; exit code 3.")
@click.option("--tracker", "trackers", multiple=True, type=SpecType("tracker"), help="Follow the run; may be repeated.")
@plugin_option
@data_dir_option
@offline_option
@click.option("--out", default="results", show_default=True, metavar="DIR", help="Folder for results.")
@click.option("--name", help="Name of the suite's folder in it.  [default: the suite file's, or the data set's]")
@click.option("--fresh", is_flag=True, help="Run again what is there already.")
@click.option("--strict", is_flag=True, help="Refuse to add to trials that other versions or processors made.")
@click.option("--dry-run", is_flag=True, help="Print the plan and an estimate of its time; run nothing.")
def command(
    suite: str | None,
    settings: tuple[str, ...],
    warm: bool | None,
    dry_run: bool,
    **options: Any,
) -> int:
    """Run a suite: train, evaluate, query, annotate, round after round.

    Without a suite file the options declare it. A SPEC is NAME or NAME[OPTION=VALUE,...]; see 'albench list' for the
    names and 'albench show NAME' for the options. What is complete in the results folder is not run again.
    """
    from dataclasses import replace

    from rich.console import Console

    from albench.errors import FolderError
    from albench.execution.looking import execute_until_sure
    from albench.execution.manifest import typed_command
    from albench.execution.prepare import prepare
    from albench.execution.settle import fetch_data, settle
    from albench.garbage import all_loaded
    from albench.render.downloads import downloads_shown
    from albench.render.live import display
    from albench.render.outlet import Outlet
    from albench.session import suite_from
    from albench.suite.settings import run_settings

    console = Console(highlight=False, file=cast("IO[str]", Outlet()))
    start = {None: None, True: "warm", False: "cold"}[warm]
    how = run_settings(**{name: options.pop(name) for name in HOW})
    options["tune"] = list(options["tune"]) or None
    full = options.pop("full")
    declared = suite_from(suite, start=start, **options, **_settings(settings))
    declared = replace(declared, full=full or declared.full)
    settled = settle(declared, how)
    if not dry_run:
        with downloads_shown() as tell:
            fetch_data(settled, tell)
    with console.status("Loading data ..."):
        plan = prepare(settled)
    if dry_run:
        return _dry_run(console, plan)
    all_loaded()
    try:
        plan, outcomes = execute_until_sure(plan, lambda: display(console), command=typed_command())
    except OSError as error:
        raise FolderError(
            f"{error.filename or plan.folder} cannot be read or written ({error.strerror or error}): what is complete "
            f"in {plan.folder} is whole; see to it, then run the same command again."
        ) from None
    debug = bool((click.get_current_context().find_root().obj or {}).get("debug"))
    return _close(console, plan, outcomes, debug)


def _settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    """``--set KEY=VALUE`` pairs: settings of the protocol that have no option of their own."""
    from dataclasses import fields

    from albench.errors import SuiteError
    from albench.suite.protocol import Protocol

    own, known = _own_options(), [field.name for field in fields(Protocol)]
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.replace("-", "_").isidentifier():
            raise SuiteError(f"--set {pair}: write KEY=VALUE, as in --set lr=0.1.")
        if key not in {*own, *known}:
            raise SuiteError(f"--set {key}: {called(key) or 'no such setting; there is ' + ', '.join(known) + '.'}")
        if key in own:
            raise SuiteError(f"--set {key}: {own[key]}.")
        if key in found:
            raise SuiteError(f"--set {key} is given twice.")
        found[key] = value
    return found


def called(name: str) -> str:
    """What is to be typed for what the user calls otherwise; "" where that is not known."""
    from dataclasses import fields

    from albench.suite.protocol import Protocol
    from albench.suite.synonyms import BUDGET, is_budget, meant

    known = [field.name for field in fields(Protocol)]
    if is_budget(name):
        return f"{BUDGET}: write --initial N, --query-size N and --rounds N, or --budget 20+5x10."
    options = {str(option.name): max(option.opts, key=len) for option in command.params if option.name != "suite"}
    close = meant(name, [*known, *options])
    if close is None:
        return ""
    return f"did you mean {options[close]}?" if close in options else f"did you mean --set {close}=VALUE?"


def _own_options() -> dict[str, str]:
    """What ``--set`` is not a second way to give -> how it is given; by all names that a person may know it by."""
    found = dict.fromkeys(("file", "suite"), "name the suite's file alone, as in albench run SUITE.yaml")
    for option in command.params:
        if isinstance(option, click.Option):
            longest = "/".join(max(names, key=len) for names in (option.opts, option.secondary_opts) if names)
            names = {str(option.name), *(name.strip("-").replace("-", "_") for name in option.opts)}
            names |= {plural(name) for name in KINDS if name in names}
            found.update(dict.fromkeys(names, f"use its own option {longest}"))
    return {**found, "start": found["warm_start"]}


def _dry_run(console: Any, plan: Plan) -> int:
    from rich.text import Text

    from albench.bench.estimate import estimate
    from albench.execution.looking import looks_time
    from albench.render.planned import plan_lines

    for line in plan_lines(plan, verbose=True):
        console.print(line, soft_wrap=True)
    if plan.todo:
        with console.status("Timing parts of the trials ..."):
            found = estimate(plan)
        first, *others = found.lines
        console.print(f"estimated time: {first}", soft_wrap=True)
        for note in (*others, *looks_time(plan)):
            console.print(f"  {note}", style="dim", soft_wrap=True)
    console.print("dry run: nothing was run or written.")
    if len(plan.skipped) == len(plan.all_trials):
        console.print(Text("It would run nothing: every trial is skipped, for the reasons above.", style="red"))
        return 2
    return 0


def _close(console: Any, plan: Plan, outcomes: list[Outcome], debug: bool) -> int:
    """Print what came out and what to type next; with ``debug`` the tracebacks of failures, on standard error."""
    from rich.text import Text

    from albench.api.executor import Failed, Stopped
    from albench.disk.trial_log import NAME as LOG
    from albench.disk.trial_log import TRACEBACK
    from albench.render.closing import closing
    from albench.results.load import load_run

    keys = {trial.key for trial in plan.all_trials}
    results = load_run(plan.folder, keys)
    shown = closing(results, keys)
    if shown is not None:
        console.print()
        console.print(shown)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    stopped = sum(isinstance(outcome, Stopped) for outcome in outcomes)
    for failure in failures:
        console.print(Text.assemble(("failed", "red"), f" {failure.key}: {failure.reason}"), soft_wrap=True)
        if debug and failure.detail:
            click.echo(failure.detail.rstrip("\n"), err=True)
    if failures:
        told = [plan.folder / "trials" / failure.key / TRACEBACK for failure in failures]
        more = next((path for path in told if path.exists()), told[0].with_name(LOG))  # a killed worker leaves none
        console.print(Text(f"The same command tries what failed again. More of it is in {more}."), soft_wrap=True)
    if len(plan.skipped) < len(plan.all_trials):
        console.print(Text(f"Results are in {plan.folder}."), soft_wrap=True)
    if stopped:
        left = f"The time limit is over: {stopped} of {counted(len(plan.all_trials), 'trial')} with rounds left."
        console.print(Text(f"{left} Run the same command again to go on.", style="yellow"), soft_wrap=True)
        return 1 if failures else 3
    if len(plan.skipped) == len(plan.all_trials):
        n_skipped = counted(len(plan.skipped), "trial")
        console.print(
            Text(f"Nothing was run: {n_skipped} skipped, for the reasons above.", style="red"), soft_wrap=True
        )
        return 2
    if failures:
        return 1
    line = Text.assemble("Next: ", (f"albench compare {plan.folder}", "bold"))
    if lacking := _lacking_baseline(plan, results):
        line = Text.assemble("Next: ", (_beside(lacking), "bold"), ", then ", ("albench compare", "bold"))
    console.print(line, soft_wrap=True)
    return 0


def _lacking_baseline(plan: Plan, results: Results) -> str:
    """The baseline, where all that is there under the run's protocol is one strategy and none to compare with."""
    marked = baselines(plan.registry, "strategy")
    frame = results.frame
    own = [protocol.hash for protocol in plan.suite.protocols]
    there = set(frame[frame["protocol"].isin(own)]["strategy"])
    specs = {where.partition(" ")[2] for where, alias in results.aliases.items() if alias in there}
    return marked[0] if marked and len(there) == 1 and not {*marked} & (there | specs) else ""


def _beside(strategy: str) -> str:
    """The command that runs a strategy under the same settings, beside what is there."""
    import shlex

    from albench.execution.manifest import typed_command

    kept: list[str] = []
    words = iter(typed_command())
    for word in words:
        if word in ("-s", "--strategy"):
            next(words, None)
        elif word != "--fresh" and not word.startswith(("--strategy=", "-s")):
            kept.append(word)
    return shlex.join([*kept, "--strategy", strategy])
