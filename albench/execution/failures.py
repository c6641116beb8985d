"""What went wrong in a trial, in one line: what of a device's errors torch says in many."""

from __future__ import annotations

from collections.abc import Iterator

from albench import devices
from albench.errors import AlbenchError, DeviceLost, TrialError

LOWER = "lower batch_size, the method's unlabeled_ratio or --lanes"


def understood(error: BaseException, device: str) -> BaseException:
    """An error as albench's own, where torch says that a device is full, gone or lacks an operation; else as it is.

    Parameters
    ----------
    device
        Where the trial computed.
    """
    if devices.is_full(error):
        elsewhere = ", or write --device cpu" if devices.is_accelerator(device) else ""
        return TrialError(f"{_named(device)} has no memory left: {LOWER}{elsewhere} ({first_line(error)})")
    if devices.is_lost(error):
        return DeviceLost(
            f"device {device} answers no more ({first_line(error)}): the trials that ran there are kept as they were; "
            "run the same command again, or with --device cpu."
        )
    if operation := devices.missing_operation(error):
        fallback = "set PYTORCH_ENABLE_MPS_FALLBACK=1, or " if devices.kind_of(device) in devices.FALLS_BACK else ""
        return TrialError(
            f"device {device} has no {operation}, which {place(error)} asks for: {fallback}write --device cpu."
        )
    return error


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
