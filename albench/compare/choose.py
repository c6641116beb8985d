"""Which of the results a table, a figure or a page is of: what is named, and the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from albench.errors import UserError, unknown
from albench.wording import counted, listed, plural

if TYPE_CHECKING:
    import pandas as pd

_ROW = ["dataset", "stand_in", "protocol", "backbone", "method", "strategy"]
_KINDS = {"datasets": "dataset", "methods": "method", "strategies": "strategy"}
_NAMED = 4
"""Names that a note gives of what was left out; it counts the others."""


@dataclass(frozen=True)
class Choice:
    """Names to keep, all of a kind where none is given.

    Attributes
    ----------
    datasets, methods, strategies
        As tables name them, with their options.
    baseline
        A strategy, or a pair in any form (``as_pair``), that stays whatever strategies and methods are named; the usual
        one where None, none where empty.
    """

    datasets: Sequence[str] = ()
    methods: Sequence[str] = ()
    strategies: Sequence[str] = ()
    baseline: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):  # one name may stand for itself
            if field.name in _KINDS and isinstance(getattr(self, field.name), str):
                object.__setattr__(self, field.name, (getattr(self, field.name),))

    def __bool__(self) -> bool:
        """Whether any name is given."""
        return any(getattr(self, name) for name in _KINDS)

    def check(self, frame: pd.DataFrame) -> None:
        """Refuse names without results.

        Raises
        ------
        UserError
            Naming the nearest that has some, or saying that nothing has all of the names.
        """
        for field, kind in _KINDS.items():
            known = set(frame[kind].unique())
            for name in getattr(self, field):
                if known and name not in known:
                    raise unknown(kind, name, known, hint="name one that has results: see 'albench compare'.")
        if self and not frame.empty and self.of(frame).empty:
            raise UserError("nothing is left: no results have all of these names; leave one of them out.")

    def baseline_in(self, frame: pd.DataFrame) -> str:
        """What the others are compared with, as results name it."""
        return usual_baseline(frame) if self.baseline is None else as_pair(self.baseline, pairs_of(frame))

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of these names; ``frame`` has a column for each kind."""
        baseline = self.baseline_in(frame)
        for field, kind in _KINDS.items():
            names = list(getattr(self, field))
            if names:
                pair = frame["method"] + "/" + frame["strategy"]
                kept = frame[kind].isin(names)
                if kind != "dataset":
                    kept |= pair == baseline
                if kind == "strategy":
                    kept |= frame["strategy"] == baseline
                frame = frame[kept]
        return frame

    def left_out(self, frame: pd.DataFrame) -> tuple[int, str]:
        """How many rows of all tables are not chosen, and what they are in words; 0 and an empty text where none."""
        kept = self.of(frame)
        n_rows = _n_rows(frame) - _n_rows(kept)
        if not n_rows:
            return 0, ""
        missing = {kind: sorted(set(frame[kind].unique()) - set(kept[kind].unique())) for kind in _KINDS.values()}
        texts = [f"{_noun(kind, len(names))} {listed(names, _NAMED)}" for kind, names in missing.items() if names]
        return n_rows, "; ".join(texts) or "methods with other strategies"


def usual_baseline(frame: pd.DataFrame, kind: Literal["method", "strategy"] = "strategy") -> str:
    """The strategy that others are compared with where none is named: of those that plugins mark, one with results.

    Of methods the one that does without unlabelled items.
    """
    from albench.components.defaults import baseline
    from albench.components.registry import registry

    return baseline(registry(), kind, set(frame[kind].unique()) if len(frame) else ())


def as_pair(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    """``METHOD/STRATEGY`` where a name is that of a pair that there is, however it was typed; else the name.

    ``fixmatch + random`` as tables show it, ``fixmatch+random`` and ``fixmatch/random`` are one.
    """
    typed = "".join(name.split())
    for method, strategy in pairs:
        if typed in ("".join(f"{method}{sign}{strategy}".split()) for sign in "+/"):
            return f"{method}/{strategy}"
    return name


def pairs_of(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """The methods and strategies that have results, each pair once."""
    return sorted(frame[["method", "strategy"]].drop_duplicates().itertuples(index=False, name=None))


def check_baseline(baseline: str | None, pairs: Iterable[tuple[str, str]]) -> None:
    """Refuse a baseline without results where there are any; None is none.

    Raises
    ------
    UnknownName
        Naming the nearest that has some.
    """
    known = {name for method, strategy in pairs for name in (strategy, f"{method}/{strategy}")}
    if baseline is not None and known and baseline not in known:
        raise unknown("baseline", baseline, known, hint="name a strategy, or 'METHOD + STRATEGY', that has results.")


def only_of(n_chosen: int, n_left_out: int) -> str:
    """``3 of 33 rows chosen``, empty where all are."""
    return f"{n_chosen:,} of {counted(n_chosen + n_left_out, 'row')} chosen" if n_left_out else ""


def _noun(kind: str, n: int) -> str:
    noun = "data set" if kind == "dataset" else kind
    return noun if n == 1 else plural(noun)


def _n_rows(frame: pd.DataFrame) -> int:
    return len(frame[_ROW].fillna("").drop_duplicates())
