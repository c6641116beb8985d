"""What was tuned, by how many tries and on whose labels: a reader has to know, and what was chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from albench.compare.tables import Group, Remark
from albench.wording import counted

TUNED = "tuned"
"""The frame's column of what was tuned, and the beginning of those that say how."""
SECONDS = "seconds.tune"
_SHOWN = 4


def tunings(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a tuning: those of strategies that share one are one."""
    if f"{TUNED}.tries" not in frame:
        return frame.iloc[:0]
    made = frame[frame[f"{TUNED}.tries"].notna()]
    return made.drop_duplicates(["suite", "dataset", "protocol", "method", "backbone", "seed", "round", TUNED, SECONDS])


def tuned_notes(frame: pd.DataFrame, groups: Sequence[Group]) -> list[Remark]:
    """A note for each group whose settings were tuned: what, how often, on which labels, and what was chosen."""
    made = tunings(frame)
    notes = []
    for group in groups if len(made) else ():
        part = made[(made["protocol"] == group.protocol) & (made["dataset"] == group.dataset)]
        if len(part):
            notes.append(Remark(_words(part), group.place, limits=part["protocol.tune_seed"].iloc[0] != "own"))
    return notes


def _words(made: pd.DataFrame) -> str:
    first = made.iloc[0]
    when = "every" if first["protocol.tune_when"] == "every" else "the first"
    own = first["protocol.tune_seed"] == "own"
    whose = "each seed's own" if own else f"seed {first['protocol.tune_seed']}'s"
    tries = sorted({int(count) for count in made[f"{TUNED}.tries"]})
    text = (
        f"tuned before {when} round: {first['protocol.tune']}; {' to '.join(map(str, tries))} tries a row and seed, "
        f"chosen by {first['protocol.checkpoint_metric']} on {whose} validation labels; "
        f"{made[SECONDS].mean():,.1f} s a row and seed on average, apart from training. Chosen most often: "
        f"{_chosen(made)}."
    )
    return text if own else f"{text} What the other seeds' rows cost leaves those labels out."


def _chosen(made: pd.DataFrame) -> str:
    """``supervised lr=0.1 (3 of 5)``, a row each."""
    several = made["backbone"].nunique() > 1
    found = []
    for (method, backbone), part in made.groupby(["method", "backbone"], sort=True):
        values, count = Counter(part[TUNED]).most_common(1)[0]
        found.append(f"{method}{f' on {backbone}' if several else ''} with {values} ({count} of {len(part)})")
    rest = len(found) - _SHOWN
    more = f"; and {counted(rest, 'more row')}" if rest > 0 else ""
    return "; ".join(found[:_SHOWN]) + more + " (albench tuned shows all)"
