"""First rounds that trials share: without a query yet, trials that differ only by strategy train the same."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from albench.disk.claims import Claim, hold
from albench.disk.files import load_tensors, save_tensors, temporary, writing
from albench.environment import Environment, others_than
from albench.results import provenance
from albench.results.provenance import Made
from albench.results.records import FORMAT
from albench.suite.keys import digest
from albench.suite.trials import Trial
from albench.training.learner import Learner
from albench.training.loop import Trained


class SharedRounds:
    """What first rounds left in a suite's folder, by everything that decides it.

    Parameters
    ----------
    folder
        Where the files are; made with the first one.
    data_hash
        Names the data.
    made
        Trial -> what makes it (see ``albench.results.provenance``).
    """

    def __init__(self, folder: Path, data_hash: str, made: Callable[[Trial], Made]) -> None:
        self._folder = folder
        self._data_hash = data_hash
        self._made = made

    def path(self, trial: Trial) -> Path:
        """The file of a trial's first round."""
        dataset, method, _, backbone = trial.resolved
        names = [dataset, method, backbone, trial.seed, trial.protocol.content]
        content = [FORMAT, *names, self._data_hash, provenance.first_round(self._made(trial))]
        return self._folder / f"{digest(content, 8)}.pt"

    @contextlib.contextmanager
    def hold(
        self, trial: Trial, initial_hash: str, made_with: Environment, tell: Callable[[str], object]
    ) -> Iterator[dict[str, Any] | None]:
        """Wait until no other process makes this round, and yield what one left; None where it is to be made.

        Parameters
        ----------
        initial_hash
            Names the labels that the round is trained on.
        made_with
            What this process computes with: what one with other versions left is made again.
        tell
            Called with one line where what was left cannot be used.
        """
        path = self.path(trial)
        with contextlib.ExitStack() as claims:
            with writing(self._folder):
                claims.enter_context(hold(_claim(path)))
                self._remove_leftovers(path)
            content = load_tensors(path, FORMAT)
            if not isinstance(content, str) and content.get("initial_hash") != initial_hash:
                content = "was trained on other initial labels"
            if isinstance(content, str) and path.exists():
                tell(f"{path} {content}: the round is made again.")
            same = isinstance(content, dict) and _made_here(content.get("made_with"), made_with)
            yield content if isinstance(content, dict) and same else None

    def keep(self, trial: Trial, initial_hash: str, made_with: Environment, first_round: dict[str, Any]) -> None:
        """Leave a round for others."""
        made_from = {"initial_hash": initial_hash, "made_with": dict(made_with)}
        with writing(self._folder):
            save_tensors(self.path(trial), {"format": FORMAT, **made_from, **first_round})

    def drop(self, trial: Trial) -> None:
        """Forget a round that nobody needs any more."""
        path = self.path(trial)
        if not self._folder.is_dir() or not any(path.stem in other.name for other in self._folder.iterdir()):
            return
        with writing(self._folder):
            path.unlink(missing_ok=True)
            claim = Claim(_claim(path))
            if not claim.take():  # else somebody makes it, and forgets it when he needs it no more
                self._remove_leftovers(path)
                claim.discard()

    def _remove_leftovers(self, path: Path) -> None:
        """Remove what killed processes left of a round; for its holder, who alone writes it."""
        for leftover in temporary(path):
            leftover.unlink(missing_ok=True)


def _made_here(made_with: Any, here: Environment) -> bool:
    """Whether a round was made with what is here; one that does not say may have been made with anything."""
    return isinstance(made_with, dict) and not others_than(here, [[made_with]])[0]


def _claim(path: Path) -> Path:
    return path.with_suffix(".claim")


def first_round_of(learner: Learner, trained: Trained) -> dict[str, Any]:
    """All that another trial needs to go on as this one after its first round, as tensors and plain values."""
    whole = learner.checkpoint() if learner.protocol.start == "warm" else {"state": learner.state}
    return {
        "checkpoint": whole,
        "best": trained.best.state_dict(),
        "best_step": trained.best_step,
        "curves": trained.curves,
        "seconds": trained.seconds,
    }


def adopt(learner: Learner, first_round: dict[str, Any]) -> Trained:
    """Go on as the learner that left this first round (see ``first_round_of``)."""
    checkpoint = first_round["checkpoint"]
    if "model" in checkpoint:
        learner.restore(checkpoint)
    else:
        learner.state = {name: value.to(learner.device) for name, value in checkpoint["state"].items()}
    best = copy.deepcopy(learner.average)
    best.load_state_dict(first_round["best"])
    return Trained(first_round["curves"], first_round["best_step"], best, first_round["seconds"])
