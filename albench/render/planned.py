"""What is about to run, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from albench.execution.looking import later_look, look_lines
from albench.execution.whole import training_text
from albench.render.contents import contents
from albench.render.label_counts import label_counts, rounds_text
from albench.render.labels import budget_of, combinations, pair, seeds_text
from albench.suite.views import in_words, switches
from albench.wording import counted

if TYPE_CHECKING:
    from albench.execution.plan import Plan


def plan_lines(plan: Plan, verbose: bool = False) -> list[Text]:
    """What is about to run, in a few lines."""
    if line := later_look(plan):
        return [Text(line)]
    suite, lines = plan.suite, _defaults(plan)
    aliases = {str(spec): spec.alias for spec in suite.datasets}
    for name, data in plan.data.items():
        sizes = f"pool {len(data.splits.train):,}, val {len(data.splits.val):,}, test {len(data.splits.test):,}"
        called = aliases.get(name, "")
        shown_as = ((called, "bold"), f"  {name}") if called else ((name, "bold"),)
        lines.append(Text.assemble(*shown_as, f"  {sizes}, {counted(data.splits.task.n_classes, 'class')}"))
        if data.splits.stand_in:
            lines.append(Text(f"  stand-in for {data.splits.stand_in}: simulated, not real data", style="yellow"))
        lines += [Text(f"  {line}") for line in (*contents(data.splits), *data.splits.how_read)]
        if any(not plan.registry.parts(trial).whole for trial in plan.all_trials if trial.dataset == name):
            lines.append(Text(f"  {_views(plan, name)}"))
        lines += [Text(f"  {notice}", style="yellow") for notice in data.splits.notices]
        lines += [Text(f"  {line}") for line in label_counts(plan, name)]
    training = training_text([*plan.todo, *plan.done], plan.registry, suite.protocol)
    budgets = f"{counted(len(suite.budgets), 'budget')} x " if suite.budgets else ""
    n_full = sum(trial.protocol not in suite.protocols for trial in plan.all_trials)
    backbones = f"{counted(len(suite.backbones), 'backbone')} x " if len(suite.backbones) > 1 else ""
    full = f" and {counted(n_full, 'trial')} of full supervision" if n_full else ""
    lines.append(
        Text(
            f"{counted(len(plan.all_trials), 'trial')} = {counted(len(plan.data), 'data set')} x {budgets}"
            f"{counted(len(suite.methods), 'method')} x {counted(len(suite.strategies), 'strategy')} x {backbones}"
            f"{counted(len(suite.seeds), 'seed')}{full}; {rounds_text(suite.protocols)} "
            f"{training}, on {plan.device} with {plan.executor}"
        )
    )
    lines += [Text(f"  {line}") for line in look_lines(plan)]
    lines += [Text(f"  {panel}: {', '.join(names)}") for panel, names in plan.panels.items()]
    for spec in (*suite.methods, *suite.strategies, *suite.backbones):
        if spec.alias:
            lines.append(Text.assemble((f"  {spec.alias}", "bold"), f" is {spec}"))
    if plan.done:
        is_, n_done = ("is" if len(plan.done) == 1 else "are"), counted(len(plan.done), "trial")
        lines.append(Text(f"{n_done} {is_} complete already, {len(plan.todo):,} to run", style="green"))
    if verbose:  # a run tells them as notes
        lines += [Text(line, style="yellow") for line in (*plan.mixing, *plan.notes)]
    lines += [Text(f"skipped {text}", style="yellow") for text in _skipped(plan)]
    if verbose:
        lines += [
            Text(f"  {pair(trial)}  {trial.shown[3]}  {budget_of(trial)}{seeds}", style="dim")
            for trial, seeds in combinations(plan.todo)
        ]
    return lines


def _defaults(plan: Plan) -> list[Text]:
    """What was taken because nothing was named, and how to name it."""
    taken = {"dataset": plan.suite.datasets, "method": plan.suite.methods, "strategy": plan.suite.strategies}
    return [
        Text(f"{kind} {taken[kind][0]} by default: another with -{kind[0]} NAME, see 'albench list {kind_plural}'")
        for kind, kind_plural in (("dataset", "datasets"), ("method", "methods"), ("strategy", "strategies"))
        if kind in plan.suite.by_default
    ]


def _views(plan: Plan, dataset: str) -> str:
    """What the data set's items are changed by for training; how to see it."""
    shift = next(trial.shift for trial in plan.all_trials if trial.dataset == dataset)
    data = plan.data[dataset]
    off = switches(data.dataset, data.splits.task, shift)
    how = f"off with {off}; " if off else ""
    return f"{in_words(data.dataset, data.splits.task, shift)} ({how}'albench data views' shows them)"


def _skipped(plan: Plan) -> list[str]:
    """One line for all seeds of a combination that are skipped for one reason."""
    seeds_of: dict[tuple[str, str], set[int]] = {}
    for trial in plan.all_trials:
        if trial.key in plan.skipped:
            seeds_of.setdefault((pair(trial), plan.skipped[trial.key]), set()).add(trial.seed)
    return [f"{name}  {seeds_text(sorted(seeds))}: {why}" for (name, why), seeds in seeds_of.items()]
