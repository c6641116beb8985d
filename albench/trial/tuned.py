"""What was tuned in a suite's folder: a file for each set of labels that chose, read by all that have the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.api.method import Method
from albench.components.spec import Spec, as_text, parse
from albench.disk.files import read_sealed, sealed_text, write_atomic
from albench.errors import DamagedFile
from albench.results import provenance
from albench.results.provenance import Made
from albench.results.records import FORMAT
from albench.suite.keys import digest
from albench.suite.protocol import Protocol
from albench.suite.search_space import Space, applied
from albench.suite.trials import Trial
from albench.wording import counted


@dataclass(frozen=True)
class Tuned:
    """What a tuning chose.

    Attributes
    ----------
    values
        Name of a setting or ``METHOD.OPTION`` -> the value that was chosen, as it is typed.
    score
        Its validation metric, the mean where it was tried several times.
    tries
        All that was tried: ``values``, ``score`` and, where there is none, ``why``.
    seconds
        That all tries took.
    """

    values: dict[str, str]
    score: float | None
    tries: list[dict[str, Any]]
    seconds: float

    @property
    def record(self) -> dict[str, Any]:
        """What the round's record says of it."""
        return {"values": self.values, "score": self.score, "tries": self.tries}

    def __str__(self) -> str:
        found = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{found} by {counted(len(self.tries), 'try')} in {self.seconds:.1f} s"


class Tunings:
    """What was tuned in a suite's folder.

    Parameters
    ----------
    folder
        Where the files are; made with the first one.
    data_hash
        Names the data.
    made
        What makes the trials (see ``albench.results.provenance``).
    space
        What is tuned of them.
    method
        Builds the method by its spec.
    """

    def __init__(
        self, folder: Path, data_hash: str, made: Made, space: Space, method: Callable[[Spec], Method]
    ) -> None:
        self.folder = folder
        self.space = space
        self._data_hash = data_hash
        self._made = made
        self._method = method

    def in_force(self, trial: Trial, values: Mapping[str, str]) -> tuple[Protocol, Method]:
        """The protocol and the method with values that were chosen."""
        protocol, spec = applied(trial.protocol, parse(trial.method), values)
        return protocol, self._method(spec)

    def untuned(self, trial: Trial) -> dict[str, str]:
        """Name -> the value that is in force where nothing is chosen."""
        method = self._method(parse(trial.method))
        options = {field.metadata.get("name", field.name): field.name for field in dataclasses.fields(method)}
        own = {}
        for name in self.space:
            _, dot, option = name.rpartition(".")
            own[name] = as_text(getattr(method, options[option]) if dot else getattr(trial.protocol, name))
        return own

    def path(self, trial: Trial, labels: str, number: int) -> Path:
        """The file of a tuning.

        Parameters
        ----------
        labels
            Names the labelled ids that the round trains on.
        number
            Of the round, from 0.
        """
        dataset, method, _, backbone = trial.resolved
        names = [dataset, method, backbone, trial.seed, trial.protocol.content]
        made_by = provenance.first_round(self._made)
        return self.folder / f"{digest([FORMAT, *names, self._data_hash, made_by, labels, number], 8)}.json"

    def kept(self, path: Path, tell: Callable[[str], object]) -> Tuned | None:
        """What a tuning left, if it is whole."""
        try:
            content = read_sealed(path)
        except DamagedFile as error:
            tell(f"{str(error).partition(';')[0]}: it is made anew from its tries.")
            return None
        if content.get("format") != FORMAT:
            return None
        return Tuned(content["values"], content["score"], content["tries"], content["seconds"])

    def keep(self, path: Path, facts: Mapping[str, Any], made: Tuned, ready: Callable[[], object]) -> None:
        """Leave what was chosen for others.

        Parameters
        ----------
        facts
            What it was chosen for and by.
        ready
            Called at the last moment; what it raises keeps the file from being written.
        """
        content = {"format": FORMAT, **facts, **made.record, "seconds": round(made.seconds, 4)}
        write_atomic(path, sealed_text(content), ready)
