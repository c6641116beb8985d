"""Counts and lists as English writes them: ``1 trial``, ``3 trials``, ``a, b and c``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def plural(noun: str) -> str:
    """``trial`` -> ``trials``, ``strategy`` -> ``strategies``, ``class`` -> ``classes``."""
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def counted(n: int, noun: str) -> str:
    """``1 trial``, ``0 trials``, ``2,000 trials``; the noun's last word is the one that changes."""
    return f"{n:,} {noun if n == 1 else plural(noun)}"


def listed(names: Sequence[str], most: int = 0) -> str:
    """``a``, ``a and b``, ``a, b and c``; with ``most``, the rest is counted: ``a, b and 4 others``."""
    if most and len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def budget_text(initial: str, query_size: str, rounds: int) -> str:
    """``20+5x10``: 20 labels to start with, then 5 queries of 10; ``20 at once`` where there is one round."""
    return f"{initial}+{rounds - 1}x{query_size}" if rounds > 1 else f"{initial} at once"


def by_source(values: Mapping[str, Sequence[str]]) -> str:
    """``1f3b in a.zip and b.zip, 77ac in c``."""
    return ", ".join(f"{value} in {' and '.join(sources)}" for value, sources in values.items())


def starts_text(seed: object, dataset: str, hashes: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with trials of one seed that started from other labels.

    Parameters
    ----------
    hashes
        ``initial_hash`` -> where it was found.
    """
    return (
        f"seed {seed} of {dataset} does not start from the same labels everywhere: initial_hash is "
        f"{by_source(hashes)}. Such trials cannot be paired: run one again with the other's versions (see versions in "
        "manifest.json), or leave it out of the sources."
    )


def in_bytes(n: int) -> str:
    """``512 bytes``, ``4.5 kB``, ``11.6 MB``, ``2.6 GB``, in powers of ten."""
    for name, unit in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= unit:
            return f"{n / unit:.1f} {name}"
    return counted(n, "byte")
