"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Health = Literal["ok", "note", "warning", "broken"]


@dataclass(frozen=True)
class Diagnosis:
    """What was looked at, how it is, and what to do where it is not well.

    Attributes
    ----------
    status
        ``note``: not here, and nothing needs it; ``warning``: runs work, but not as well as they could; ``broken``:
        runs that need it fail.
    advice
        What to type or change; a warning and what is broken always have it.
    """

    what: str
    status: Health
    found: str
    advice: str = ""

    def __post_init__(self) -> None:
        if self.status in ("warning", "broken") and not self.advice:
            raise ValueError(f"{self.what} is {self.status} without a word on what to do")
