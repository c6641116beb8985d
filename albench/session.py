"""``albench.run``: the whole run from Python, as the command line does it."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

from albench.api.executor import Failed, Note, Outcome, Progress
from albench.api.kinds import Kind
from albench.data.download import Plainly
from albench.data.kept_arrays import kept, suite_name
from albench.errors import SuiteError, TrialError
from albench.execution.looking import execute_until_sure
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.runner import Listener
from albench.execution.settle import fetch_data, settle
from albench.results.load import load_run
from albench.results.results import Results
from albench.suite.arguments import check, check_file, check_seeds, check_settings, check_several
from albench.suite.budgets import with_settings
from albench.suite.naming import components
from albench.suite.settings import RunSettings, run_settings
from albench.suite.suite_file import load_suite
from albench.suite.trials import Suite, check_name, parse_seeds
from albench.suite.until_sure import parse_max_seeds, parse_until_sure
from albench.wording import plural

Names = str | Sequence[str] | Mapping[str, Any]


class Silent:
    """A listener that shows nothing."""

    def plan(self, plan: Plan) -> None:
        """Ignored."""

    def event(self, event: Progress | Note) -> None:
        """Ignored."""

    def outcome(self, outcome: Outcome) -> None:
        """Ignored."""


def suite_from(
    file: str | Path | None = None,
    *,
    strategy: Names = (),
    method: Names = (),
    dataset: Names = (),
    backbone: Names = (),
    seeds: int | Sequence[int] | None = None,
    name: str | None = None,
    budget: str | Sequence[str] = (),
    **settings: Any,
) -> Suite:
    """A suite from a file, with what is given beside it taking its place.

    Parameters
    ----------
    file
        A suite file; without one, defaults are taken where nothing is named.
    strategy, method, dataset, backbone
        Specs.
    seeds
        How many, or which.
    budget
        As ``20+5x10``, one or several.
    settings
        Settings of the protocol, such as ``rounds=3``; and ``encoder``, ``until_sure`` and ``max_seeds`` as of ``run``.
    """
    until = {"until_sure": settings.pop("until_sure", None), "max_seeds": settings.pop("max_seeds", None)}
    suite = load_suite(check_file(file)) if file is not None else Suite()
    given: dict[Kind, Any] = {"strategy": strategy, "method": method, "dataset": dataset, "backbone": backbone}
    given["encoder"] = settings.pop("encoder", ())
    changes: dict[str, Any] = {}
    check_settings(settings)
    for kind, values in given.items():
        if values is None:
            raise SuiteError(f"{kind}=None: write a name or several, or leave {kind} out.")
        if named := components(kind, values):
            changes[plural(kind)] = named
    if seeds is not None:
        changes["seeds"] = parse_seeds(check_seeds(seeds))
    if until["until_sure"] is not None:
        changes["until_sure"] = parse_until_sure(until["until_sure"])
    if until["max_seeds"] is not None:
        changes["max_seeds"] = parse_max_seeds(until["max_seeds"])
    if name is not None:
        changes["name"] = check_name(check("name", name))
    made, budgets = with_settings(settings, suite.protocol, suite.budgets, check_several("budget", budget))
    if settings.get("device") is not None:
        changes["device"] = made.device
    return dataclasses.replace(suite, protocol=made, budgets=budgets, **changes)


def run(
    file: str | Path | None = None,
    *others: Any,
    strategy: Names = (),
    method: Names = (),
    dataset: Names = (),
    backbone: Names = (),
    encoder: Names = (),
    seeds: int | Sequence[int] | None = None,
    until_sure: str | float | None = None,
    max_seeds: int | None = None,
    budget: str | Sequence[str] = (),
    full: bool = False,
    name: str | None = None,
    out: str | Path = "results",
    device: str = "auto",
    executor: str | None = None,
    trackers: Sequence[str] = (),
    query_time_limit: float | None = None,
    time_limit: str | float | None = None,
    share: bool = True,
    plugins: Sequence[str | Path] = (),
    data_dir: str | Path | None = None,
    fresh: bool = False,
    strict: bool = False,
    offline: bool = False,
    graphs: bool = False,
    on_failure: str = "raise",
    listener: Listener | None = None,
    **settings: Any,
) -> Results:
    """Run a suite and return the results of its trials; what is complete on disk is not run again.

    What else the folder holds, of earlier runs under other settings, ``albench.load`` reads.

    Parameters
    ----------
    file
        A suite file; the other arguments take the place of what it says.
    others
        None: all other arguments are named.
    strategy, method, dataset, backbone
        Specs such as ``"boostmis[n_neighbors=10]"``, one or several; ``{"mine": "boostmis[n_neighbors=10]"}`` calls it
        ``mine`` in all that is shown. Of data sets also what ``albench.arrays`` makes.
    encoder
        Frozen models, such as ``"efficientnet-lite0"``, through which all data sets are read.
    seeds
        How many seeds, or which.
    until_sure
        Add seeds until each difference from the baseline is told, or shown to be smaller than this: ``0.02``; or until
        the first row is told from all others: ``"ranking"``. ``seeds`` is then how many the first look is at, at least
        five.
    max_seeds
        How many seeds that may become; 50 where None.
    budget
        ``"20+5x10"``, 20 labels to start with and 5 queries of 10, or several of them: each is a protocol of its own.
    full
        Train the baseline on all labels of each pool too: a line beside the curves, which ``target="95%-of-full"`` of
        a comparison needs.
    name, out
        The suite's folder is ``out/name``.
    device, executor, trackers, query_time_limit, time_limit, data_dir, plugins
        As the options of ``albench run``.
    share
        Whether trials that differ only by strategy train their first round once; it changes no record.
    fresh
        Run everything again.
    strict
        Refuse to add to trials that were made with other versions or processors.
    offline
        Download no data: without it, those of published data sets that are not here are fetched before the run.
    graphs
        Launch training steps as CUDA graphs, with the same numbers; tried on no GPU yet.
    on_failure
        ``"raise"``, or ``"keep"`` to find failed trials in ``results.failed``.
    settings
        Settings of the protocol: ``initial``, ``query_size``, ``rounds``, ``steps``... The first three may be lists, of
        which each combination is a budget.

    Examples
    --------
    >>> import albench
    >>> results = albench.run(dataset="digits", strategy=["random", "entropy"], seeds=2)  # doctest: +SKIP
    >>> results.frame.groupby("strategy")["test.macro_f1"].mean()  # doctest: +SKIP

    Raises
    ------
    UserError
        For whatever cannot be used.
    TrialError
        Where trials failed and ``on_failure`` is ``"raise"``.
    """
    _check_alone(others)
    _, _ = check("on_failure", on_failure), check("listener", listener)
    how = run_settings(
        out=out,
        device=device,
        executor=executor,
        trackers=trackers,
        query_time_limit=query_time_limit,
        time_limit=time_limit,
        share=share,
        plugins=plugins,
        data_dir=data_dir,
        fresh=fresh,
        strict=strict,
        offline=offline,
        graphs=graphs,
    )
    named: dict[str, Any] = {"strategy": strategy, "method": method, "dataset": dataset, "backbone": backbone}
    named |= {"encoder": encoder, "seeds": seeds, "until_sure": until_sure, "max_seeds": max_seeds}
    with kept(dataset, how.out) as named["dataset"]:
        name = name or (suite_name(dataset) if file is None else None)
        suite = suite_from(file, **named, budget=budget, name=name, **settings)
        suite = dataclasses.replace(suite, full=check("full", full) or suite.full)
        plan = _prepared(suite, how)
    plan, outcomes = execute_until_sure(plan, lambda: _listening(listener))
    if on_failure == "raise":
        _raise_failures(plan, outcomes)
    keys = {trial.key for trial in plan.all_trials}
    return load_run(plan.folder, keys).only(keys)


def _listening(listener: Listener | None) -> AbstractContextManager[Listener]:
    """Who is told of the run: whoever was given; else a notebook shows it, and any other process nothing."""
    if listener is None and "IPython" in sys.modules:
        # Named, not imported: what draws stands on a floor above this one.
        notebook = importlib.import_module("albench.render.notebook")
        if notebook.in_notebook():
            return cast("AbstractContextManager[Listener]", notebook.NotebookDisplay())
    return nullcontext(listener or Silent())


def _check_alone(others: Sequence[Any]) -> None:
    """Raise ``SuiteError`` where more than a suite file was given by position."""
    if others:
        raise SuiteError(
            f"run takes one argument by position, a suite file, and was given {1 + len(others)}: name the others, as "
            f"run(dataset='digits', strategy='random')."
        )


def _prepared(suite: Suite, how: RunSettings) -> Plan:
    """The plan, once the data that it needs are here."""
    settled = settle(suite, how)
    fetch_data(settled, Plainly())
    return prepare(settled)


def _raise_failures(plan: Plan, outcomes: Sequence[Outcome]) -> None:
    """Raise ``TrialError`` where trials failed, or none could run."""
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise TrialError(f"trial {failures[0].key} failed: {failures[0].reason}{more}")
    if len(plan.skipped) == len(plan.all_trials):
        raise TrialError(f"nothing was run: every trial was skipped: {next(iter(plan.skipped.values()))}")
