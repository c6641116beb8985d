"""CUDA graphs of the pretended device: what is recorded while one is captured is made again by each replay.

As on CUDA nothing is computed by a capture: what it wrote is put back when it ends, and what it made is no number until
the first replay. Python's numbers are what they were, and so are CPU tensors without dimensions; all else is read where
it lay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._mode_utils import no_dispatch

from albench.testing.pretended.account import Account
from albench.testing.pretended.tensors import CudaTensor, tensors

REFUSED = "CUDA error: operation not permitted when stream is capturing"
INVALID = "CUDA error: operation failed due to a previous error during capture"


class Stream:
    """One of the device; operations are made at once on any."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.device = CudaTensor.shown

    def wait_stream(self, other: Stream) -> None:
        """Nothing is to be waited for."""


class Made(NamedTuple):
    """One recorded operation.

    Attributes
    ----------
    again
        Makes it once more, on the same tensors.
    results
        What it gave when it was captured, where each replay's goes.
    """

    again: Callable[[], Any]
    results: list[Tensor]


class Recorder:
    """The streams of a device and the capture that is under way on it, if there is one.

    Attributes
    ----------
    stream
        On which operations are made.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._usual = self.stream = Stream()
        self._graph: Graph | None = None
        self._broken = False
        self._before: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}
        self._fresh: dict[int, Tensor] = {}

    @property
    def capturing(self) -> bool:
        """Whether operations are recorded."""
        return self._graph is not None

    def graph(self, keep_graph: bool = False) -> Graph:
        """Stands in for ``torch.cuda.CUDAGraph``."""
        return Graph(self)

    def set_stream(self, stream: Stream) -> None:
        """Stands in for ``torch.cuda.set_stream``."""
        self.stream = stream

    def replacements(self) -> dict[tuple[Any, str], Any]:
        """(owner, name) -> what stands there meanwhile. ``torch.cuda.graph`` itself is torch's."""
        cuda = {
            "CUDAGraph": self.graph,
            "Stream": Stream,
            "current_stream": lambda *_: self.stream,
            "default_stream": lambda *_: self._usual,
            "set_stream": self.set_stream,
            "is_current_stream_capturing": lambda: self.capturing,
        }
        found: dict[tuple[Any, str], Any] = {(torch.cuda, name): value for name, value in cuda.items()}
        return found | {
            (torch.cuda.graph, "default_capture_stream"): None,
            (torch._C, "_host_emptyCache"): lambda: None,
        }

    def begin(self, graph: Graph) -> None:
        """Record from here on."""
        if self.stream is self._usual:
            raise RuntimeError("CUDA graphs must be captured on a non-default stream.")
        self._graph, self._broken = graph, False

    def end(self) -> None:
        """Record no more, and put back what was written."""
        for storage, value in self._before.values():
            storage.copy_(value)
        for made in self._fresh.values():
            if made.is_floating_point():
                made.fill_(torch.nan)
            elif made.dtype != torch.bool:
                made.fill_(torch.iinfo(made.dtype).max)
        self._before, self._fresh, self._graph = {}, {}, None
        if self._broken:
            raise torch.AcceleratorError(INVALID)

    def refuse(self) -> None:
        """The host waits: no capture takes that."""
        if self.capturing:
            self._break(torch.AcceleratorError(REFUSED))

    def drawing(self, generator: Any) -> None:
        """A draw: a capture takes it of the device's own generator alone, and of those that it was told of."""
        graph = self._graph
        if graph is not None and generator is not None and generator._cdata not in graph.generators:
            self._break(RuntimeError("Attempt to increase offset for a CUDA generator not in capture mode."))

    def _break(self, error: Exception) -> None:
        self._broken = True
        raise error

    def expect(self, args: Any, kwargs: dict[str, Any]) -> None:
        """An operation is about to be made: keep what it may write over."""
        if self._graph is None:
            return
        if self._broken:
            raise torch.AcceleratorError(INVALID)
        for each in _all_in(args, kwargs):
            storage = each.untyped_storage()
            if storage.data_ptr() not in self._fresh and storage.data_ptr() not in self._before:
                self._before[storage.data_ptr()] = storage, storage.clone()

    def record(self, name: str, work: Callable[..., Any], args: Any, kwargs: dict[str, Any], found: Any) -> None:
        """An operation was made."""
        if self._graph is None:
            return
        self._account.captured[name] += 1
        results = [_as_it_is(each) for each in tensors(found if isinstance(found, list | tuple) else [found])]
        for each in results:
            place = each.untyped_storage().data_ptr()
            if place not in self._before:
                self._fresh.setdefault(place, each)
        given = _as_it_is(args), {key: _as_it_is(value) for key, value in kwargs.items()}
        self._graph.made.append(Made(lambda: work(*given[0], **given[1]), results))

    def replayed(self) -> None:
        """A graph was launched, which is one for the host."""
        self._account.launch("cuda_graph")


class Graph:
    """Stands in for ``torch.cuda.CUDAGraph``.

    Attributes
    ----------
    made
        What it does, in order.
    generators
        Those that it may draw from, by their addresses.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.made: list[Made] = []
        self.generators: set[int] = set()

    def register_generator_state(self, generator: Any) -> None:
        """Let captured operations draw from a generator."""
        self.generators.add(generator._cdata)

    def capture_begin(self, *_: Any, **__: Any) -> None:
        """As torch's."""
        self._recorder.begin(self)

    def capture_end(self) -> None:
        """As torch's."""
        self._recorder.end()

    def reset(self) -> None:
        """As torch's."""
        self.made.clear()

    def replay(self) -> None:
        """Make all of it again, on the tensors that it was captured on."""
        self._recorder.replayed()
        with torch.no_grad(), no_dispatch():
            for again, results in self.made:
                found = again()
                new = tensors(found if isinstance(found, list | tuple) else [found])
                for kept, each in zip(results, new, strict=True):
                    if kept.untyped_storage().data_ptr() != each.untyped_storage().data_ptr():
                        kept.copy_(each)


def _all_in(args: Any, kwargs: dict[str, Any]) -> Iterator[Tensor]:
    yield from tensors(args)
    yield from tensors(kwargs.values())


def _as_it_is(value: Any) -> Any:
    """Tensors as they lie in memory now: ``squeeze_`` and the like change the shape of what was handed on."""
    if isinstance(value, Tensor):
        return torch.ops.aten.alias.default(value)
    if isinstance(value, list | tuple):
        return type(value)(_as_it_is(one) for one in value)
    return value


def baked(value: Any) -> Any:
    """Arguments as a kernel takes them along: the host's tensors without dimensions by their value at that time."""
    if isinstance(value, Tensor) and not isinstance(value, CudaTensor) and not value.ndim:
        return value.clone()
    if isinstance(value, list | tuple):
        return type(value)(baked(one) for one in value)
    return value
