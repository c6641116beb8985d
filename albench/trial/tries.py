"""Which values are tried next, and which were best: Optuna's samplers, pruner and journal behind a few calls.

The journal is read again by whoever goes on, and a sampler is seeded for each try by itself, so that a tuning that was
killed goes on to the same tries as one that was not. One process at a time may have it open: who uses it holds a claim.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench import seeds
from albench.errors import UserError
from albench.suite.search_space import Space, size
from albench.suite.tune import Range
from albench.training.evaluate import Score

GIVEN_UP = "given up"
_LAST = "why"
"""What is told of a try last: with it the try has ended by itself."""
_DIGITS = 4
"""Significant digits of a number that is drawn: no more can be told apart, and people read them."""
_STARTUP = 3
"""Of so many tries the sampler draws at least at random, before it goes by what it has seen."""


def require_optuna() -> None:
    """Check that Optuna can be imported.

    Raises
    ------
    UserError
        It is not installed.
    """
    if importlib.util.find_spec("optuna") is None:
        raise UserError("tuning needs Optuna: pip install 'albench[tune]'")


@dataclass(frozen=True)
class Tried:
    """A try that has ended.

    Attributes
    ----------
    values
        Name -> what was tried of it, as it is typed.
    repeat
        Which time these values were tried, from 0.
    score
        Empty where the try failed or was given up.
    seconds
        That it took.
    why
        Why it has no score: ``failed: ...`` or ``given up``; else empty.
    """

    values: dict[str, str]
    repeat: int
    score: Score
    seconds: float
    why: str = ""


class GivenUp(Exception):
    """Raised in a try that is clearly behind the others."""


class Tries:
    """The tries of one tuning.

    With no more combinations than tries, all are tried in order, and again in order where tries are left. Otherwise a
    tree-structured Parzen estimator draws them (Bergstra et al., NeurIPS 2011), and tries that stand below the median
    of the others after half of their validations are given up.

    Parameters
    ----------
    path
        The journal.
    space
        What is tuned.
    count
        Number of tries.
    stream
        Names what is drawn.
    validations
        How often a try is reported.
    """

    def __init__(
        self, path: Path, space: Space, count: int, stream: tuple[str | int, ...], *, validations: int = 1
    ) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalStorage

        lock: Any = _Held()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna: Any = optuna
        self._space, self._count, self._stream = dict(sorted(space.items())), count, stream
        self._grid = _grid(self._space) if size(space) <= count else []
        _mend(path)
        pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
        if not self._grid:
            pruner = optuna.pruners.MedianPruner(max(_STARTUP, count // 3), n_warmup_steps=max(1, validations // 2))
        self._study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(path), lock_obj=lock)),
            study_name="tuning",
            direction="maximize",
            pruner=pruner,
            load_if_exists=True,
        )
        for left in self._study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.RUNNING]):
            self._end(left.number, left.user_attrs)  # of a process that was killed
        self._open: tuple[Any, Tried] | None = None

    @property
    def ended(self) -> list[Tried]:
        """The tries so far, in order."""
        return [_tried(trial.user_attrs) for trial in self._study.get_trials(deepcopy=False) if _counts(trial)]

    def next(self) -> Tried | None:
        """What to try now, without a score yet; None once there were enough."""
        ended = self.ended
        number = len(ended)
        if number >= self._count:
            return None
        if self._grid:
            trial, values = self._study.ask(), self._grid[number % len(self._grid)]
        else:
            self._study.sampler = self._optuna.samplers.TPESampler(
                seed=seeds.derive("tries", *self._stream, number) % 2**32,
                n_startup_trials=max(_STARTUP, self._count // 3),
                constant_liar=False,
            )
            trial = self._study.ask()
            values = {name: _text(self._suggested(trial, name)) for name in self._space}
        repeat = sum(values == other.values for other in ended)
        self._open = trial, Tried(values, repeat, (), 0.0)
        return self._open[1]

    def _suggested(self, trial: Any, name: str) -> Any:
        values = self._space[name]
        if not isinstance(values, Range):
            return trial.suggest_categorical(name, list(values))
        if values.whole:
            return trial.suggest_int(name, int(values.low), int(values.high), log=values.log)
        low, high = float(values.low), float(values.high)
        drawn = trial.suggest_float(name, low, high, log=values.log)
        short = float(f"{drawn:.{_DIGITS}g}")
        return short if low <= short <= high else drawn

    def report(self, number: int, best: float) -> None:
        """Tell how well the open try stands after its validation ``number``, from 0.

        Raises
        ------
        GivenUp
            It is clearly behind.
        """
        assert self._open is not None
        if self._grid:
            return
        trial = self._open[0]
        trial.report(best if math.isfinite(best) else -1.0, number)
        if trial.should_prune():
            raise GivenUp

    def tell(self, score: Score, seconds: float, why: str = "") -> Tried:
        """End the open try."""
        assert self._open is not None
        (trial, tried), self._open = self._open, None
        told = {"values": tried.values, "repeat": tried.repeat, "score": score, "seconds": seconds, "why": why}
        for name, value in told.items():
            trial.set_user_attr(name, value)
        self._end(trial.number, told)
        return _tried(told)

    def _end(self, number: int, told: Mapping[str, Any]) -> None:
        """Close a try in the journal, by all that was told of it."""
        states = self._optuna.trial.TrialState
        if _LAST in told and told["score"]:
            self._study.tell(number, told["score"][0] if math.isfinite(told["score"][0]) else -1.0)
        else:
            self._study.tell(number, state=states.PRUNED if told.get(_LAST) == GIVEN_UP else states.FAIL)


def chosen(tried: list[Tried], own: Mapping[str, str]) -> tuple[dict[str, str], Score]:
    """The values with the best mean score, and that; of equal ones the protocol's own, else the first.

    Values of which a try failed or was given up are not chosen; with none left there are no values.

    Parameters
    ----------
    own
        Name -> the value that is in force without tuning.
    """
    by_values: dict[tuple[tuple[str, str], ...], list[Score]] = {}
    for each in tried:
        by_values.setdefault(tuple(sorted(each.values.items())), []).append(each.score)
    means = {
        values: tuple(sum(part) / len(part) for part in zip(*scores, strict=True))
        for values, scores in by_values.items()
        if all(scores)
    }
    if not means:
        return {}, ()
    best = max(means, key=lambda values: (means[values], dict(values) == dict(own)))
    return dict(best), means[best]


def _grid(space: Space) -> list[dict[str, str]]:
    lists = [values for values in space.values() if not isinstance(values, Range)]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*lists)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _counts(trial: Any) -> bool:
    """Whether a try has ended by itself; one that was killed says nothing."""
    return _LAST in trial.user_attrs and trial.state.is_finished()


def _tried(told: Mapping[str, Any]) -> Tried:
    return Tried(dict(told["values"]), told["repeat"], tuple(told["score"]), told["seconds"], told["why"])


def _mend(path: Path) -> None:
    """Drop a last line that a killed process did not write to its end: nothing could be added behind it."""
    with contextlib.suppress(FileNotFoundError):
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as handle:
                handle.truncate(whole)


class _Held:
    """No lock beside the claim: one of a killed process would be waited for."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return None
