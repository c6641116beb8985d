"""The steps of a round as replays of one CUDA graph, which the host launches at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from albench import devices
from albench.api.method import Batch, State
from albench.errors import TrialError
from albench.suite.protocol import Protocol
from albench.training.timed import Marks, Rates, Stepwise

WARM_UP = 3
"""Steps of a round before the capture: what libraries and the optimizer make when they are first used is there then."""


class Graphed:
    """Takes a trainee's place in a round: the same numbers, by replays of a graph of its step.

    The first ``WARM_UP`` steps are made as they are, and the next one is captured. A graph holds each of Python's
    numbers as it was then, so that one that changes from step to step, in somebody's method, would stay: some steps are
    made by the graph and once more without it, and compared to the bit. These are the first two, the 4th, 8th, 16th ...
    and the last one; what counts is what was made without. Where the graph is wrong at once, or there can be none, the
    round goes on without, and one line says so; where it is found later, the trial fails.

    Parameters
    ----------
    trainee
        On a device that has graphs, its round begun.
    tell
        Is told why a round goes on without a graph.
    """

    def __init__(self, trainee: Stepwise, tell: Callable[[str], None]) -> None:
        self._trainee = trainee
        self._tell = tell
        self._stream = devices.SideStream(trainee.device)
        self._graph: _Graph | None = None
        self._without = False
        self._replays = self._right = 0

    @property
    def protocol(self) -> Protocol:
        """The trainee's."""
        return self._trainee.protocol

    @property
    def round(self) -> int:
        """The trainee's."""
        return self._trainee.round

    @property
    def steps(self) -> int:
        """The trainee's."""
        return self._trainee.steps

    @property
    def state(self) -> State:
        """The trainee's."""
        return self._trainee.state

    def averaged(self, lane: int) -> nn.Module:
        """The trainee's."""
        return self._trainee.averaged(lane)

    def state_of(self, lane: int) -> State:
        """The trainee's."""
        return self._trainee.state_of(lane)

    def end_round(self) -> None:
        """The trainee's; the graph's memory is given back."""
        self._graph = None
        self._trainee.end_round()

    def step(self, number: int, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """One training step; returns what it logs.

        Raises
        ------
        TrialError
            Where steps were made by a graph that turns out to be wrong.
        """
        if self._without:
            return self._trainee.step(number, batches)
        if number < WARM_UP:
            with self._stream.launching():
                return self._trainee.step(number, batches)
        if self._graph is None:
            try:
                self._graph = _Graph(self._trainee, self._stream, number, batches)
            except Exception as error:  # whatever it is, the step itself will say it if it cannot be made either
                reason = str(error).strip().partition("\n")[0] or type(error).__name__
                return self._go_on(number, batches, f"cannot be captured ({reason})")
        if not self._graph.fits(batches):
            return self._graph.without(number, batches)
        if self._replays & (self._replays + 1) and number + 1 < self.steps:
            self._replays += 1
            return self._graph.replay(number, batches)
        return self._compared(self._graph, number, batches)

    def _compared(self, graph: _Graph, number: int, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """A step by the graph, and from the same place again without it."""
        before = graph.copies()
        by_graph = [*graph.replay(number, batches).values(), *graph.copies()]
        graph.put_back(before)
        logs = graph.without(number, batches)
        unseen = self._replays - self._right
        self._replays += 1
        if _alike(by_graph, [*(each.float() for each in logs.values()), *graph.content()]):
            self._right = self._replays
            return logs
        self._graph, self._without = None, True
        if unseen:
            raise TrialError(
                f"step {number} of round {self.round} is another without its graph, by which {unseen} were made: a "
                "number of Python in the method's loss changes from step to step; run it again without graphs"
            )
        self._tell("a training step is another in a graph: a number of Python in it changes from step to step")
        return logs

    def _go_on(self, number: int, batches: Sequence[Batch], why: str) -> dict[str, Tensor]:
        self._without = True
        self._tell(f"a training step {why}")
        return self._trainee.step(number, batches)


class _Graph:
    """One captured step: what is copied in before a replay, and where its results lie."""

    def __init__(self, trainee: Stepwise, stream: devices.SideStream, number: int, batches: Sequence[Batch]) -> None:
        self._trainee = trainee
        rates = [trainee.rates(each) for each in range(trainee.steps)]
        self._rates = devices.sent(torch.tensor(rates, dtype=torch.float32), trainee.device)
        self._form = _form(batches)
        self._state = {name: value.clone() for name, value in trainee.state.items()}
        self._inputs = [each.clone() for each in self._given(number, batches)]
        parts = iter(self._inputs)
        held = [batch.map(lambda _: next(parts)) for batch in batches]
        given = Rates(next(parts), next(parts)), Marks(next(parts), next(parts, None))
        written = trainee.written()
        trainee.state = self._state

        def work() -> tuple[list[str], Tensor]:
            logs = trainee.make(held, *given)
            logged = torch.stack([value.float() for value in logs.values()])  # one may be a state that was given
            self._keep_state()
            return list(logs), logged

        try:
            (self._names, self._logs), self._launch = stream.captured(work)
            if len(trainee.written()) > len(written):
                raise RuntimeError("a weight that had no gradient has one")
        except Exception:
            trainee.abandon(written)
            raise
        finally:
            trainee.state = self._state

    def fits(self, batches: Sequence[Batch]) -> bool:
        """Whether batches are of the shapes that were captured."""
        return _form(batches) == self._form

    def replay(self, number: int, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """The step; what it logs."""
        _copy(self._inputs, self._given(number, batches))
        self._launch()
        return dict(zip(self._names, self._logs.clone().unbind(), strict=True))

    def without(self, number: int, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """The step as it is, from where the graph's are and to there."""
        logs = {name: value.clone() for name, value in self._trainee.step(number, batches).items()}
        self._keep_state()
        return logs

    def content(self) -> list[Tensor]:
        """All that a step changes, the method's state too."""
        return [*self._trainee.written(), *self._state.values()]

    def copies(self) -> list[Tensor]:
        """The same as it is now."""
        return [each.clone() for each in self.content()]

    def put_back(self, before: Sequence[Tensor]) -> None:
        """Make everything what it was when ``before`` was copied, after a replay."""
        for each, value in zip(self.content(), before, strict=True):
            each.copy_(value)

    def _keep_state(self) -> None:
        """Write the method's new state over its last one, which parts of it may be."""
        new = [self._trainee.state[name] for name in self._state]
        apart = [torch.empty_like(value) for value in new]
        _copy(apart, new)
        _copy(list(self._state.values()), apart)
        self._trainee.state = self._state

    def _given(self, number: int, batches: Sequence[Batch]) -> list[Tensor]:
        """Everything that a step reads and that is another in the next one."""
        marks = self._trainee.marks(number)
        return [*_tensors(batches), *self._rates[number].unbind(), *(each for each in marks if each is not None)]


def _tensors(batches: Sequence[Batch]) -> list[Tensor]:
    found: list[Tensor] = []

    def take(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    for batch in batches:
        batch.map(take)
    return found


def _form(batches: Sequence[Batch]) -> list[object]:
    """What has to be the same in each step."""
    names = [(list(batch.views), list(batch.noise)) for batch in batches]
    return [*names, *((each.shape, each.dtype) for each in _tensors(batches))]


def _copy(into: Sequence[Tensor], given: Sequence[Tensor]) -> None:
    """Write tensors over others, in one launch for each type."""
    for dtype in {each.dtype for each in into}:
        pairs = [(to, of) for to, of in zip(into, given, strict=True) if to.dtype == dtype and to.numel()]
        if pairs:
            torch._foreach_copy_([to for to, _ in pairs], [of for _, of in pairs])


def _alike(ones: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    """Whether tensors have the same numbers, all of them; none is as good as none."""
    flags = []
    for dtype in {each.dtype for each in ones}:
        pairs = [pair for pair in zip(ones, others, strict=True) if pair[0].dtype == dtype]
        one, other = (torch.cat([each.detach().reshape(-1) for each in side]) for side in zip(*pairs, strict=True))
        flags.append(((one == other) | ((one != one) & (other != other))).all())
    return bool(torch.stack(flags).all())
