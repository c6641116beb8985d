"""Looks: where seeds are added until a comparison is decided, each look may claim its own share of the 5 %.

Whoever looks again and again, and stops at the first finding, finds something in the end. So the looks are planned
before the first, and look k may be wrong with probability ``ALPHA * share[k]``, where all shares are one together
(alpha spending; Lan and DeMets 1983, Biometrika 70). They are the increments of ``t ** 1.5`` with t the seeds as a
share of the largest number (Kim and DeMets 1987, Biometrika 74). That the sum of the levels bounds what is wrong at any
look needs nothing of how looks hang together: it holds for each test, and for all that a comparison marks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from albench.compare.statistics import ALPHA
from albench.compare.tables import Remark
from albench.wording import listed

COLUMN = "looks"
"""The frame's column that holds the looks of a trial's suite as text; empty where none were planned."""
FIRST = 5
"""Seeds of the first look, at least."""
MOST = 50
"""Seeds of the last look, where nothing else is said."""
STEPS = (5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 700, 1000)
"""Seeds at which there is a look, as far as the largest number."""
EXPONENT = 1.5


@dataclass(frozen=True)
class Looks:
    """Looks as they are planned.

    Attributes
    ----------
    at
        Seeds of each, ascending.
    shares
        What each may use of the 5 %; one together, or less.
    """

    at: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()

    def __str__(self) -> str:
        return " ".join(f"{n}:{share!r}" for n, share in zip(self.at, self.shares, strict=True))

    def share(self, n_seeds: int) -> float:
        """What a comparison of so many seeds may use: that of its look, or of the next; 0 beyond the last."""
        return next((share for n, share in zip(self.at, self.shares, strict=True) if n >= n_seeds), 0.0)

    def until(self, n_seeds: int) -> Looks:
        """Those of no more seeds."""
        n = sum(at <= n_seeds for at in self.at)
        return Looks(self.at[:n], self.shares[:n])


def planned(first: int, most: int, taken: Looks | None = None) -> Looks:
    """The looks from the first to the largest number of seeds.

    Parameters
    ----------
    first
        Seeds of the first one.
    taken
        Looks that were taken under another plan: they keep what they used, and the others share what is left.
    """
    taken = taken or Looks()
    last = taken.at[-1] if taken.at else 0
    ahead = [n for n in STEPS if max(first, last + 1) < n < most]
    at = [*([first] if last < first < most else []), *ahead, *([most] if most > last else [])]
    spent = np.array([last, *at]) ** EXPONENT
    left = max(1.0 - sum(taken.shares), 0.0)
    shares = np.diff(spent) / (spent[-1] - spent[0]) * left if at else np.empty(0)
    return Looks((*taken.at, *at), (*taken.shares, *shares.tolist()))


def read(text: str) -> Looks:
    """Looks from their text."""
    pairs = [part.split(":") for part in text.split()]
    return Looks(tuple(int(n) for n, _ in pairs), tuple(float(share) for _, share in pairs))


@dataclass(frozen=True)
class Looked:
    """What is left of the 5 % for the tests of a frame.

    Attributes
    ----------
    share
        1 where no looks were planned.
    notes
        What a reader has to know of it.
    """

    share: float = 1.0
    notes: tuple[Remark, ...] = ()


def looked(frame: pd.DataFrame) -> Looked:
    """The looks of a frame's suites; of several suites the least share counts for all.

    Parameters
    ----------
    frame
        See ``albench.results.results.Results``.
    """
    if COLUMN not in frame:
        return Looked()
    own = frame[frame[COLUMN].fillna("") != ""]
    plans = {
        (str(suite), str(text), int(part["seed"].nunique()))
        for (suite, text), part in own.groupby(["suite", COLUMN], sort=True)
    }
    if not plans:
        return Looked()
    shares = [read(text).share(n) for _, text, n in plans]
    notes = dict.fromkeys(_note(read(text), n) for _, text, n in sorted(plans))
    return Looked(min(shares), tuple(Remark(text, limits=True) for text in notes))


def _note(looks: Looks, n_seeds: int) -> str:
    most = looks.at[-1]
    if n_seeds > most:
        return (
            f"seeds were added until it was sure, up to {most} (--until-sure), and all of the 5 % was spent there: of "
            f"{n_seeds} seeds nothing is told."
        )
    level = f"{level_text(looks.share(n_seeds))} in the place of 5 %"
    taken = looks.until(n_seeds).at
    ahead = next(n for n in looks.at if n >= n_seeds)
    if n_seeds not in taken:
        return (
            f"{n_seeds} seeds lie before the look at {ahead} of at most {most} (--until-sure): tests are at the level "
            f"of that look, {level}, and it alone decides."
        )
    return (
        f"seeds were added until it was sure (--until-sure), with looks at {listed(list(map(str, taken)))} of at most "
        f"{most} seeds: tests here are at {level}, so that all looks together are wrong at most once in 20."
    )


def level_text(share: float) -> str:
    """``0.29 %``: the level that a share of the 5 % is."""
    return f"{100 * ALPHA * share:.2g} %"


def times(p: np.ndarray, share: float) -> np.ndarray:
    """P-values that are to be below 5 % where they are below this share of it; at most 1, NaN stays."""
    return np.minimum(1.0, p / share) if share > 0 else np.where(np.isnan(p), p, 1.0)


def as_many(n_tests: int, share: float) -> int:
    """Tests whose correction leaves as little to each as this many at a share of the 5 %: for the choice of a test."""
    return int(np.ceil(n_tests / share - 1e-9)) if share > 0 else 10**9
