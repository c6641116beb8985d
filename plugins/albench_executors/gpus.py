"""Workers that see one GPU each."""

from __future__ import annotations

import os

from albench.api import UserError

ALL = "all"
"""In place of the numbers of all GPUs that are there."""
VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Which GPUs a process sees, and in which order: their numbers, or their names."""


def gpu_numbers(wanted: str) -> list[int]:
    """The GPUs of an option, as this process counts them.

    Parameters
    ----------
    wanted
        ``all``, or numbers with semicolons between, as ``0;2``.

    Raises
    ------
    UserError
        If it is neither, names one twice, or one that is not there.
    """
    import torch

    count = torch.cuda.device_count()
    if wanted.strip() == ALL and count:
        return list(range(count))
    numbers = [int(each) if each.strip().isdecimal() else -1 for each in wanted.split(";")]
    if len(set(numbers)) == len(numbers) and all(0 <= number < count for number in numbers):
        return numbers
    there = f"{count} here, numbered from 0" if count else "none here"
    raise UserError(f"gpus={wanted}: write all, or each number once, as 0;1, of GPUs that are there ({there}).")


def sees_alone(number: int) -> dict[str, str]:
    """The variables of a process that sees one GPU alone, which this process counts as the number."""
    visible = os.environ.get(VISIBLE)
    return {VISIBLE: str(number) if visible is None else visible.split(",")[number].strip()}
