"""Which device a run trains on."""

from __future__ import annotations

from packaging.version import Version

from albench import devices
from albench.errors import DeviceError
from albench.suite.trials import Suite

FIRST_TORCH = Version("2.11")
"""Before it, autocast kept weights cast without gradient, and the passes that followed trained nothing."""


def resolve_device(name: str) -> str:
    """``auto``, or a device's name with or without its number, as a device that is there: ``cuda:0``, ``mps:0``.

    ``auto`` is the first of CUDA, of Apple's MPS and of what else torch can train on, and the CPU where nothing is.

    Raises
    ------
    DeviceError
        Where what is asked for is no device or not there, or torch is too old for it; says what there is.
    """
    if name == "cpu":
        return name
    import torch

    if name == "auto":
        name = next(iter(devices.there()), "cpu")
        if name == "cpu":
            return name
    kind, _, number = name.partition(":")
    if not devices.is_accelerator(kind) or kind not in devices.KINDS or (number and not number.isdigit()):
        raise DeviceError(f"'{name}' is not a device: write auto, cpu, cuda, cuda:N, mps or xpu.")
    found = devices.there(kind)
    title = devices.can(kind).title
    if not found:
        raise DeviceError(
            f"device {name} was asked for, but torch {torch.__version__}, built {devices.built_for()}, "
            f"sees no {title}: use --device {' or '.join([*devices.there(), 'cpu'])}."
        )
    if devices.can(name).mixed:
        _check_torch(f"on {name}", "use --device cpu")
    full = f"{kind}:{int(number or 0)}"
    if full not in found:
        there = f"are {len(found)} {title} devices" if len(found) > 1 else f"is one {title} device"
        raise DeviceError(f"device {name} was asked for, but there {there}: use --device {' or '.join(found)}.")
    return full


def device_of(suite: Suite, wanted: str) -> str:
    """The device to train on: what the user names, else what the suite asks for, else what is there."""
    if wanted != "auto" or not suite.device:
        return resolve_device(wanted)
    try:
        return resolve_device(suite.device)
    except DeviceError as error:
        raise DeviceError(f"suite {suite.name}, protocol: {error}") from None


def check_graphs(device: str) -> None:
    """Refuse graphs of steps where there are none.

    Raises
    ------
    DeviceError
        On any device but CUDA's.
    """
    if not devices.can(device).graphs:
        raise DeviceError(f"--graphs is of CUDA devices: on {device} leave it out.")


def check_precision(precision: str) -> None:
    """Refuse bfloat16 where it would train almost nothing.

    Raises
    ------
    DeviceError
        Where torch is too old for it.
    """
    if precision == "bf16":
        _check_torch("for precision bf16", "write precision=fp32")


def _check_torch(where: str, instead: str) -> None:
    import torch

    if Version(torch.__version__) < FIRST_TORCH:
        raise DeviceError(
            f"torch {torch.__version__} trains almost no weights in mixed precision: {where} torch "
            f"{FIRST_TORCH} or newer is needed; install it, or {instead}."
        )
