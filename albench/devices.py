"""Everything that is asked about a device: what it can do, what it is called, what it has left.

The one file that knows kinds of devices by their names. A device is torch's, or its name as in ``cuda:0``; torch is
imported where an answer needs it.
"""

from __future__ import annotations

import contextlib
import platform
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch
    from torch import Tensor

T = TypeVar("T")

Name = Literal["cpu", "cuda", "mps", "xpu"]
"""What torch calls the kinds."""


@dataclass(frozen=True)
class Kind:
    """What devices of a kind can do.

    Attributes
    ----------
    title
        What people call it.
    float64
        Whether it computes in float64. Where it does not, strategies choose on the CPU.
    pinned
        Whether it reads pinned memory of the host while the host goes on.
    mixed
        Whether networks multiply in bfloat16 there while they train, unless the protocol says otherwise.
    tf32
        Whether it has products of float32 that round their factors to ten bits.
    channels_last
        Whether convolutions of images with their channels last are faster.
    graphs
        Whether a training step can be captured, and launched at once from then on.
    """

    title: str
    float64: bool = False
    pinned: bool = False
    mixed: bool = False
    tf32: bool = False
    channels_last: bool = False
    graphs: bool = False


KINDS: dict[Name, Kind] = {
    "cpu": Kind("CPU", float64=True),
    "cuda": Kind("CUDA", float64=True, pinned=True, mixed=True, tf32=True, channels_last=True, graphs=True),
    "mps": Kind("MPS"),
    "xpu": Kind("XPU"),
}
"""Name of a kind -> what it can do; the first accelerator that is there is the automatic choice."""

FALLS_BACK = ("mps",)
"""Kinds of which torch makes a missing operation on the CPU, where the environment allows it."""
NO_MEMORY = "out of memory", "not enough memory: you tried", "can't allocate memory: you tried", "STATUS_ALLOC_FAILED"
"""What CUDA, MPS, the CPU and CUDA's libraries say."""
ASSERTED = "device-side assert"
"""What CUDA says where a kernel was asked for what is not there."""


def kind_of(device: str | torch.device) -> Name:
    """``cuda`` of ``cuda:1``."""
    return cast(Name, device.partition(":")[0] if isinstance(device, str) else device.type)


def can(device: str | torch.device) -> Kind:
    """What a device can do; of a kind that is not in ``KINDS`` nothing is expected."""
    kind: str = kind_of(device)
    known = KINDS.get(kind_of(device))
    return known or Kind(kind, float64=kind == "meta")  # whose tensors have no values


def is_accelerator(device: str | torch.device) -> bool:
    """Whether it is anything but the CPU."""
    return kind_of(device) != "cpu"


def there(kind: str = "") -> list[str]:
    """Names of the accelerators that are there, ``["cuda:0", "cuda:1"]``, of one kind or of all."""
    import torch

    if kind == "mps":
        count = int(torch.backends.mps.is_available())
    elif kind:
        module: Any = getattr(torch, kind, None) if kind in KINDS and is_accelerator(kind) else None
        count = module.device_count() if module and module.is_available() else 0
    else:
        return [name for each in KINDS for name in there(each)]
    return [f"{kind}:{number}" for number in range(count)]


def name(device: str | torch.device) -> str:
    """What a device is called: the model of a GPU, ``cpu``."""
    import torch

    kind = kind_of(device)
    if kind in ("cuda", "xpu"):
        found: str = getattr(torch, kind).get_device_name(device)
        return found
    return f"{platform.processor() or platform.machine()} (MPS)" if kind == "mps" else kind


def versions(device: str | torch.device) -> dict[str, str]:
    """What numbers of an accelerator depend on beside torch: ``{"GPU": "NVIDIA H200", "CUDA": "13.0", ...}``."""
    import torch

    if not is_accelerator(device):
        return {}
    found = {"GPU": name(device)}
    if kind_of(device) == "cuda":
        found["CUDA"] = str(torch.version.cuda or torch.version.hip or "?")
        found["cuDNN"] = str(torch.backends.cudnn.version() or "none")
    elif kind_of(device) == "mps":
        found["macOS"] = platform.mac_ver()[0] or "?"
    return found


def built_for() -> str:
    """What this torch was built for: ``for CUDA 13.0``."""
    import torch

    if torch.version.cuda or torch.version.hip:
        return f"for CUDA {torch.version.cuda}" if torch.version.cuda else f"for ROCm {torch.version.hip}"
    if torch.backends.mps.is_built():
        return "for Apple silicon"
    return "for XPU" if torch.version.xpu else "for the CPU alone"


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """A CPU tensor on ``device``, e.g. what a CPU generator drew; the host does not wait until it has arrived.

    So a seed means the same draws on every device: ``sent(torch.rand(n, generator=view.generator), view.device)``.
    """
    # From memory that is not pinned the copy would wait until the device has done all that it was given.
    return tensor.pin_memory().to(device, non_blocking=True) if can(device).pinned else tensor.to(device)


class SideStream:
    """A stream of a device apart from the usual one; of kinds that have graphs."""

    def __init__(self, device: torch.device) -> None:
        import torch

        self._stream = torch.cuda.Stream(device)

    @contextlib.contextmanager
    def launching(self) -> Iterator[None]:
        """Launch here, after what was launched on the usual stream and before what will be."""
        import torch

        usual = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(usual)
        with torch.cuda.stream(self._stream):
            yield
        usual.wait_stream(self._stream)

    def captured(self, work: Callable[[], T]) -> tuple[T, Callable[[], None]]:
        """What ``work`` launches as one graph: its result, whose tensors a replay fills, and what replays it.

        Raises
        ------
        Exception
            Where it cannot be captured, as it waits for the device: the first thing that went wrong.
        """
        import torch

        graph = torch.cuda.CUDAGraph()
        try:
            with self.launching(), torch.cuda.graph(graph, stream=self._stream):
                result = work()
        except Exception as error:
            # What ends a capture that broke says no more than that it did.
            raise error.__context__ or error from None
        return result, graph.replay


def wide(tensor: Tensor) -> Tensor:
    """Numbers in float64: where they are, or on the CPU where their device has no float64."""
    return tensor.double() if can(tensor.device).float64 else tensor.cpu().double()


def choosing(device: torch.device) -> torch.device:
    """Where strategies compute for models on ``device``: there, or on the CPU where it has no float64."""
    import torch

    return device if can(device).float64 else torch.device("cpu")


def synchronize(device: str | torch.device) -> None:
    """Wait until a device has done what it was given; a CPU has."""
    import torch

    kind = kind_of(device)
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()
    elif kind != "cpu":
        torch.accelerator.synchronize(torch.device(device))


def peak_memory(device: str | torch.device) -> int | None:
    """Most bytes of an accelerator that this process has held so far, on MPS those that it holds; None of a CPU."""
    import torch

    kind = kind_of(device)
    if kind == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if kind == "mps":
        return torch.mps.driver_allocated_memory()
    return None if kind == "cpu" else torch.accelerator.max_memory_allocated(torch.device(device))


def memory(device: str | torch.device) -> tuple[int, int]:
    """Free and all bytes of an accelerator; on MPS of what macOS recommends that a process takes."""
    import torch

    kind = kind_of(device)
    if kind == "cuda":
        return torch.cuda.mem_get_info(device)
    if kind == "mps":
        whole = torch.mps.recommended_max_memory()
        return max(0, whole - torch.mps.driver_allocated_memory()), whole
    return torch.accelerator.get_memory_info(torch.device(device))


def empty_cache(device: str | torch.device) -> None:
    """Give back what torch holds of an accelerator's memory for later."""
    import torch

    if is_accelerator(device):
        module: Any = getattr(torch, kind_of(device))
        module.empty_cache()


def random_states() -> dict[str, list[list[int]]]:
    """Title -> state of the random numbers of each accelerator of a kind that this process has used."""
    import torch

    states = {}
    for kind in ("cuda", "xpu"):
        module: Any = getattr(torch, kind)
        if module.is_available() and module.is_initialized():
            states[can(kind).title] = module.get_rng_state_all()
    if torch.backends.mps.is_available():
        states["MPS"] = [torch.mps.get_rng_state()]
    return {title: [one.tolist() for one in each] for title, each in states.items()}


def is_full(error: BaseException) -> bool:
    """Whether an error says that a device, or the machine, has no memory left for a tensor."""
    import torch

    told = isinstance(error, RuntimeError) and any(words in str(error) for words in NO_MEMORY)
    return told or isinstance(error, torch.OutOfMemoryError | MemoryError)


def is_lost(error: BaseException) -> bool:
    """Whether an error says that a device answers no more; CUDA then answers nothing that this process asks."""
    import torch

    return isinstance(error, torch.AcceleratorError) and not is_full(error)


def is_stopped(error: BaseException) -> bool:
    """Whether a device gave up as it was asked for what is not there, as an index out of range is."""
    return is_lost(error) and ASSERTED in str(error)


def missing_operation(error: BaseException) -> str:
    """The operation that torch has not written for a device, as ``aten::histc``; "" where an error tells of none."""
    found = re.search(r"aten::[\w.]+", str(error)) if isinstance(error, NotImplementedError) else None
    return found[0] if found else ""
