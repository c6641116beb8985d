"""The class codes of MESCC's target files."""

from __future__ import annotations

import numpy as np

from albench_datasets.checks import check_range, whole_labels


def from_zero(targets: dict[str, tuple[np.ndarray, str]], n_classes: int, notices: list[str]) -> dict[str, np.ndarray]:
    """Codes ``0 .. n_classes - 1``: as they are, or shifted from ``1 .. n_classes``.

    The release's text lists seven codes (0 to 6) for six grades, so files may count from either. All splits are
    judged together: one that happens to lack a class must not be shifted on its own.

    Parameters
    ----------
    targets
        Split -> labels and the file that they came from.
    notices
        Gets one more line where the codes were shifted.

    Raises
    ------
    DataError
        Naming the file, the row and the value of a code that fits neither.
    """
    codes = {split: whole_labels(y, where) for split, (y, where) in targets.items()}
    filled = [y for y in codes.values() if len(y)]
    if filled and min(y.min() for y in filled) == 1 and max(y.max() for y in filled) == n_classes:
        notices.append(f"class codes 1..{n_classes} were shifted to 0..{n_classes - 1}")
        return {split: y - 1 for split, y in codes.items()}
    for split, y in codes.items():
        check_range(y, n_classes, targets[split][1])
    return codes
