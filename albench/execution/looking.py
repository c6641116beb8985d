"""Seeds are added look by look, until the comparison that was asked for is decided or their largest number is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager

from albench.api.executor import Done, Note, Outcome
from albench.compare.question import Question
from albench.compare.until import open_differences, open_ranks
from albench.execution.plan import Plan
from albench.execution.prepare import new_run
from albench.execution.runner import Listener, execute
from albench.results.load import load_run
from albench.results.looks import KEY
from albench.results.store import SuiteStore
from albench.suite.until_sure import RANKING
from albench.wording import counted, listed

_SHOWN = 4


def execute_until_sure(
    plan: Plan, listening: Callable[[], AbstractContextManager[Listener]], *, command: Sequence[str] = ()
) -> tuple[Plan, list[Outcome]]:
    """Carry out a plan: all of it, or where its seeds are added, as many looks as it takes.

    A look is taken once all its trials are complete; where one is not, the run ends there, and the same command goes
    on. A run that goes on begins with the last look that was taken.

    Parameters
    ----------
    listening
        Makes the listener of a look.

    Returns
    -------
    The plan as far as it was carried out, and the outcomes of its trials.
    """
    if plan.looking is None:
        with listening() as listener:
            return plan, execute(plan, listener, command=command)
    outcomes: list[Outcome] = []
    part = plan
    for look in range(plan.looking.first, len(plan.looking.looks.at)):
        part = at_look(plan, look, part, {outcome.key for outcome in outcomes})
        with listening() as listener:
            found = execute(part, listener, command=command)
            outcomes += found
            if len(part.skipped) == len(part.all_trials) or not all(isinstance(one, Done) for one in found):
                break
            open_ = _open(part)
            part = _keep(part, open_)
            listener.event(Note("", _said(part, open_)))
        if not open_:
            break
    return part, outcomes


def at_look(plan: Plan, look: int, before: Plan | None = None, ended: Collection[str] = ()) -> Plan:
    """A plan's trials as far as a look goes.

    Parameters
    ----------
    before
        The plan at the look before, if this run took it.
    ended
        Keys of the trials that this run has carried out.
    """
    assert plan.looking is not None
    looking = (before or plan).looking
    assert looking is not None
    looking = looking.at(look)
    seeds, later = range(looking.seeds), looking.later
    keys = {trial.key for trial in plan.all_trials if trial.seed in seeds}
    return dataclasses.replace(
        plan,
        suite=dataclasses.replace(plan.suite, seeds=tuple(seeds)),
        all_trials=[trial for trial in plan.all_trials if trial.key in keys],
        todo=[trial for trial in plan.todo if trial.key in keys and trial.key not in ended],
        done=[trial for trial in plan.all_trials if trial in plan.done or trial.key in ended if trial.key in keys],
        skipped={key: why for key, why in plan.skipped.items() if key in keys},
        run=new_run() if later else plan.run,
        mixing=() if later else plan.mixing,
        notes=() if later else plan.notes,
        looking=looking,
    )


def _open(plan: Plan) -> list[str]:
    """What of the comparison is not decided at this look."""
    assert plan.looking is not None
    keys = {trial.key for trial in plan.all_trials}
    results = load_run(plan.folder, keys).only(keys)
    if plan.looking.until_sure == RANKING:
        return open_ranks(results.frame, Question())
    return open_differences(results.compare(), float(plan.looking.until_sure))


def _keep(plan: Plan, open_: Collection[str]) -> Plan:
    """Write down that a look was taken."""
    assert plan.looking is not None
    looking = plan.looking.took(plan.run, open_)
    SuiteStore(plan.folder).update_manifest({KEY: looking.kept(plan.suite.protocols)})
    return dataclasses.replace(plan, looking=looking)


def _said(plan: Plan, open_: Sequence[str]) -> str:
    looking = plan.looking
    assert looking is not None
    start = f"look {looking.now + 1} of {len(looking.looks.at)}, {counted(looking.seeds, 'seed')}: "
    if not open_:
        return f"{start}decided, {looking.aim}."
    rows = f"open for {listed(list(open_), _SHOWN)}"
    if looking.now + 1 == len(looking.looks.at):
        return f"{start}{rows}; these are the most seeds (--max-seeds), and it stays undecided."
    return f"{start}{rows}; going on to {looking.looks.at[looking.now + 1]} seeds."


def look_lines(plan: Plan) -> list[str]:
    """Which looks there are, for whoever shows a plan."""
    looking = plan.looking
    if looking is None:
        return []
    at = listed([str(n) for n in looking.looks.at])
    return [f"seeds are added until {looking.aim} (--until-sure): {counted(len(looking.looks.at), 'look')}, at {at}"]


def later_look(plan: Plan) -> str:
    """One line in the place of all that is said of a plan, where its run showed that at its first look."""
    looking = plan.looking
    if looking is None or not looking.later:
        return ""
    return (
        f"look {looking.now + 1} of {len(looking.looks.at)}: {counted(looking.seeds, 'seed')}, "
        f"{counted(len(plan.todo), 'trial')} to run"
    )


def looks_time(plan: Plan) -> list[str]:
    """What an estimate of a plan's time is of, where seeds are added."""
    return [] if plan.looking is None else [f"up to {plan.looking.looks.at[-1]} seeds; less where it is decided before"]
