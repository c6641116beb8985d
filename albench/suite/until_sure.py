"""How many seeds a suite takes where the comparison decides: what is typed, and what of it can be meant."""

from __future__ import annotations

from typing import Any

from albench.components.values import whole
from albench.errors import SuiteError

RANKING = "ranking"


def parse_until_sure(value: Any) -> str:
    """What has to be decided before no more seeds are added: ``ranking``, or a difference as text; "" for None.

    Raises
    ------
    SuiteError
        With the forms that there are.
    """
    if value is None:
        return ""
    text = "" if isinstance(value, bool) else str(value).strip()
    if text == RANKING:
        return text
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise SuiteError(
            f"until_sure {value}: write the smallest difference of macro F1 that matters, as 0.02, or {RANKING}."
        )
    return text


def parse_max_seeds(value: Any) -> int:
    """The largest number of seeds that ``until_sure`` goes to; 0 for None.

    Raises
    ------
    SuiteError
        Where it is none.
    """
    if value is None:
        return 0
    number = value if isinstance(value, int) and not isinstance(value, bool) else whole(str(value))
    if number is None or not 3 <= number <= 100_000:
        raise SuiteError(f"max_seeds {value}: write a number of seeds of at least 3, as 50.")
    return number


def check_until_sure(until_sure: str, max_seeds: int, seeds: tuple[int, ...]) -> None:
    """Refuse what does not go together.

    Raises
    ------
    SuiteError
        Saying what does.
    """
    if max_seeds and not until_sure:
        raise SuiteError("max_seeds is where until_sure ends: name both, or write --seeds N for a fixed number.")
    if not until_sure:
        return
    if seeds != tuple(range(len(seeds))):
        raise SuiteError(
            "until_sure adds seeds from 0 on: write how many the first look is at, as --seeds 5, and no list of them."
        )
    if max_seeds and max_seeds < len(seeds):
        raise SuiteError(f"max_seeds {max_seeds} is less than the {len(seeds)} seeds to start with: name more.")
