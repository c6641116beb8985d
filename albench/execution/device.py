"""Which device a run trains on."""

from __future__ import annotations

from packaging.version import Version

from albench.errors import DeviceError
from albench.suite.trials import Suite

FIRST_TORCH_ON_CUDA = Version("2.11")
"""Before it, autocast kept weights cast without gradient, and the passes that followed trained nothing."""


def resolve_device(name: str) -> str:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N`` as a device that is there.

    Raises
    ------
    DeviceError
        Where CUDA is asked for and absent, or torch is too old for it.
    """
    if name == "cpu":
        return name
    import torch

    available = torch.cuda.is_available()
    if name == "auto":
        if not available:
            return "cpu"
        name = "cuda:0"
    kind, _, number = name.partition(":")
    if kind != "cuda" or (number and not number.isdigit()):
        raise DeviceError(f"'{name}' is not a device: write auto, cpu, cuda or cuda:N.")
    if not available:
        raise DeviceError(f"device {name} was asked for, but torch {torch.__version__} sees no CUDA: use --device cpu.")
    if Version(torch.__version__) < FIRST_TORCH_ON_CUDA:
        raise DeviceError(
            f"torch {torch.__version__} trains almost no weights in mixed precision: on {name} torch "
            f"{FIRST_TORCH_ON_CUDA} or newer is needed; install it, or use --device cpu."
        )
    if int(number or 0) >= torch.cuda.device_count():
        raise DeviceError(f"device {name} was asked for, but there are {torch.cuda.device_count()} CUDA devices.")
    return f"cuda:{int(number or 0)}"


def device_of(suite: Suite, wanted: str) -> str:
    """The device to train on: what the user names, else what the suite asks for, else what is there."""
    if wanted != "auto" or not suite.device:
        return resolve_device(wanted)
    try:
        return resolve_device(suite.device)
    except DeviceError as error:
        raise DeviceError(f"suite {suite.name}, protocol: {error}") from None
