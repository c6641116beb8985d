"""What a check found, and how checks are run: a broken component is a finding, never a crash of the kit."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from albench.components.side_effects import printed_aside
from albench.suite.limits import TooLong, at_most
from albench.trial.numerics import numerics
from albench.trial.view import Undeclared

Status = Literal["pass", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """The outcome of one check of one component.

    Attributes
    ----------
    check
        Name of the check.
    component
        Name of what was checked, e.g. its spec.
    tried
        What the check does, in one line.
    status
        ``"skip"`` where the check does not apply.
    reason
        Why it failed or was skipped; of a pass, what is worth knowing, or nothing.
    case
        The smallest case, of those tried, that shows the fault.
    """

    check: str
    component: str
    tried: str
    status: Status
    reason: str = ""
    case: str = ""

    @property
    def failed(self) -> bool:
        """True for a fault."""
        return self.status == "fail"

    def __str__(self) -> str:
        case = f" [{self.case}]" if self.case else ""
        return f"{self.component}: {self.check} {self.status}" + (f": {self.reason}" if self.reason else "") + case


class Fault(Exception):
    """Raised by a check: what the component does wrong, in one line."""


class NotApplicable(Exception):
    """Raised by a check: why it says nothing about this component."""


LIMIT = 60.0
"""Seconds of computing after which a check is ended; an ordinary one takes a small part of one."""


class Subject:
    """A component under test.

    Parameters
    ----------
    build
        Returns a fresh component.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self.build = build
        self.case = ""
        """What is being tried now; it goes into the finding where it fails."""
        self.held = contextlib.ExitStack()
        """What a check needs while it goes on: its folders, removed at its end."""


PRETENDED = "pretended"
"""The folder of the pretended device, which raises for what called it."""
S = TypeVar("S", bound=Subject)


@dataclass(frozen=True)
class Check(Generic[S]):
    """One thing that a component must do; call it with a component's factory to get the finding.

    Attributes
    ----------
    name
        Its name, unique among the checks of a kind of component.
    purpose
        One line.
    subject
        Wraps the factory for ``body``.
    body
        Raises ``Fault`` or ``NotApplicable``; what it returns is a note. Any other error is a fault as well.
    """

    name: str
    purpose: str
    subject: Callable[[Callable[[], Any]], S]
    body: Callable[[S], str | None]

    def __call__(self, build: Callable[[], Any], *, name: str) -> Finding:
        """The finding on the component that ``build()`` makes; it never raises."""
        subject: S | None = None

        def found(status: Status, reason: str) -> Finding:
            case = subject.case if subject is not None and status == "fail" else ""
            return Finding(self.name, name, self.purpose, status, reason, case)

        try:
            with at_most(LIMIT, computing=True), numerics(1), printed_aside():  # one thread, as in a trial
                subject = self.subject(build)
                note = self.body(subject)
        except NotApplicable as why:
            return found("skip", str(why))
        except Fault as fault:
            return found("fail", str(fault))
        except Undeclared as error:  # whatever was tried: one cause, in one wording
            return found("fail", undeclared([error.quantity]))
        except TooLong:
            return found("fail", f"it had not ended after {LIMIT:g} s of computing: is there a loop without an end?")
        except Exception as error:
            return found("fail", described(error))
        finally:
            if subject is not None:
                subject.held.close()
        return found("pass", note or "")


def described(error: BaseException) -> str:
    """An unexpected error in one line: type, first line of the message, and where it was raised."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if PRETENDED not in Path(f.filename).parts]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"raised {type(error).__name__}: {first_line(error)}{place}"


def undeclared(names: Iterable[str]) -> str:
    """What is said of quantities that a strategy reads and does not declare."""
    return f"it reads {quoted(names)} and does not declare it: add it to its needs"


def causes(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Failed findings by what is behind them: those of one reason, its numbers aside, are one."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.failed:
            found.setdefault(re.sub(r"\d+", "0", finding.reason), []).append(finding)
    return list(found.values())


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"


def collect(
    subject: Callable[[Callable[[], Any]], S], bodies: Iterable[Callable[[S], str | None]]
) -> dict[str, Check[S]]:
    """Checks by name, in the order given: a function's name and the first line of its docstring become the check's.

    Parameters
    ----------
    subject
        Wraps a component's factory for the bodies.
    """
    found: dict[str, Check[S]] = {}
    for body in bodies:
        name = body.__name__.replace("_", "-")
        if name in found:
            raise ValueError(f"two checks are called '{name}'")
        found[name] = Check(name, (body.__doc__ or "").strip().splitlines()[0].rstrip("."), subject, body)
    return found


def quoted(names: Iterable[str]) -> str:
    """Names for a message: ``'a' and 'b'``, each once."""
    return " and ".join(f"'{name}'" for name in sorted(set(names)))
