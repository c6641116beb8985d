"""What went wrong in a computation, in one line: what of a device's errors torch says in many."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from albench import devices
from albench.errors import AlbenchError, DeviceLacks, DeviceLost, DeviceStopped


@dataclass(frozen=True)
class Work:
    """What a device was asked to compute, for the words of an error.

    Attributes
    ----------
    lower
        What to do where its memory is full.
    on_cpu
        What has it computed on the CPU.
    again
        Where the device is gone: what became of what there was, and how to go on.
    who
        Whose code computes, as ``strategy 'mine'``.
    """

    lower: str = "lower batch_size, the method's unlabeled_ratio or --lanes"
    on_cpu: str = "--device cpu"
    again: str = "the trials that ran there are kept as they were; run the same command again"
    who: str = "a component"


def understood(error: BaseException, device: str, work: Work) -> BaseException:
    """An error as albench's own, where torch says that a device is full, gone or lacks an operation; else as it is.

    Parameters
    ----------
    device
        Where was computed.
    """
    if devices.is_full(error):
        elsewhere = f", or write {work.on_cpu}" if devices.is_accelerator(device) else ""
        return DeviceLacks(f"{_named(device)} has no memory left: {work.lower}{elsewhere} ({first_line(error)})")
    if devices.is_stopped(error):
        said = f"{first_line(error)}, noticed in {place(error)}"
        return DeviceStopped(
            f"{work.who} asked device {device} for what is not there, as an index out of range is ({said}), and this "
            f"process can compute nothing more there: {work.again}. CUDA_LAUNCH_BLOCKING=1 in the environment, or "
            f"{work.on_cpu}, shows the place."
        )
    if devices.is_lost(error):
        return DeviceLost(
            f"device {device} answers no more ({first_line(error)}): {work.again}, or with {work.on_cpu}."
        )
    if operation := devices.missing_operation(error):
        fallback = "set PYTORCH_ENABLE_MPS_FALLBACK=1, or " if devices.kind_of(device) in devices.FALLS_BACK else ""
        return DeviceLacks(
            f"device {device} has no {operation}, which {place(error)} asks for: {fallback}write {work.on_cpu}."
        )
    return error


@contextlib.contextmanager
def in_one_line(device: str, work: Work) -> Iterator[None]:
    """What torch says of a device that fails in here, as ``understood`` says it.

    Raises
    ------
    DeviceLacks
        It is full, or lacks an operation.
    DeviceLost
        It answers no more.
    """
    try:
        yield
    except Exception as error:
        found = understood(error, device, work)
        if found is error:
            raise
        raise found from error


def reason_of(error: BaseException) -> str:
    """One line that says what went wrong."""
    if isinstance(error, SystemExit):
        return f"a plugin called sys.exit({error.code!r})"
    text = str(error) if isinstance(error, AlbenchError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split()) or type(error).__name__


def first_line(error: BaseException) -> str:
    """What an error says first."""
    return next((line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()), type(error).__name__)


def place(error: BaseException) -> str:
    """The function in which an error was raised, torch's own aside: a plugin's where one was at work."""
    found = [name for name in _functions(error) if not name.startswith("torch.")]
    of_plugins = [name for name in found if not name.startswith("albench.")]
    return (of_plugins or found or ["nobody"])[-1]


def _functions(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{trace.tb_frame.f_globals.get('__name__', '')}.{code.co_qualname}"
        trace = trace.tb_next


def _named(device: str) -> str:
    """A device with its name, or the machine."""
    return f"device {device} ({devices.name(device)})" if devices.is_accelerator(device) else "this machine"
