"""A seeded split that keeps the share of each class and never cuts a group."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping

from albench.api import DataError
from albench_datasets.group_names import NO_GROUPS


def split_images(
    classes: Mapping[str, int],
    groups: Mapping[str, str] | None,
    *,
    shares: Mapping[str, float],
    seed: int,
    class_names: tuple[str, ...],
    what: str,
    unit: str = "",
) -> dict[str, dict[str, int]]:
    """Deal whole groups out to the splits that have a share, such as ``train``, ``val`` and ``test``.

    Groups come large ones first (by powers of two), in a seeded order that hangs on their names alone. Each goes where
    its classes are least filled, by the divisor rule of Webster and Sainte-Lague; a class that has only as many groups
    left as there are splits without it goes to those. Without groups every image is its own, and each class has its
    share to within an image or two.

    Parameters
    ----------
    classes
        Image -> class.
    groups
        Image -> group, or None.
    shares
        Split -> share of the images, above 0; their sum is 1.
    what
        What to call the data set in an error.
    unit
        What to call groups in an error.

    Raises
    ------
    DataError
        Naming the class that is not in every split.
    """
    members: dict[str, list[str]] = {}
    for name in classes:
        members.setdefault(groups[name] if groups else name, []).append(name)
    totals = Counter(classes.values())
    counts = {group: Counter(classes[name] for name in names) for group, names in members.items()}
    left = Counter(label for count in counts.values() for label in count)
    n_groups = left.copy()
    filled: dict[str, Counter[int]] = {split: Counter() for split in shares}
    where: dict[str, str] = {}

    def fill(split: str, count: Counter[int]) -> float:
        """How full the group's classes would be there; rarer classes weigh more. fsum: the same on every machine."""
        return math.fsum(
            n / totals[label] * (filled[split][label] + n / 2) / (shares[split] * totals[label])
            for label, n in count.items()
        )

    for group in sorted(members, key=lambda group: (-len(members[group]).bit_length(), _draw(seed, group))):
        allowed = set(shares)
        for label in counts[group]:
            lacking = {split for split in shares if not filled[split][label]}
            if left[label] <= len(lacking) and allowed & lacking:
                allowed &= lacking
        chosen = min((split for split in shares if split in allowed), key=lambda split: fill(split, counts[group]))
        where[group] = chosen
        filled[chosen] += counts[group]
        left -= Counter(dict.fromkeys(counts[group], 1))
    for label, name in enumerate(class_names):
        lacking_split = next((split for split in shares if not filled[split][label]), None)
        if lacking_split is not None:
            without = f", group_by={NO_GROUPS} where they are no patients" if groups and unit in ("", "groups") else ""
            unit = unit or ("groups" if groups else "images")
            raise DataError(
                f"{what}: class {name} has {n_groups[label]} {unit}, and none came to {lacking_split}; every split "
                f"needs every class: add {unit}, try another split_seed{without}, or lay out train, val and test "
                f"yourself"
            )
    return {
        split: {name: label for name, label in classes.items() if where[groups[name] if groups else name] == split}
        for split in shares
    }


def _draw(seed: int, name: str) -> tuple[bytes, str]:
    """A pseudo-random key: it depends on no other name, and on no version of a library."""
    text = f"{seed}\x1f{name}".encode(errors="surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest(), name
