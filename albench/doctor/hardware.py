"""The processor, the GPU, and what a trial's numbers and speed depend on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from albench import devices
from albench.bench.machine import this_machine
from albench.disk.processes import cores
from albench.doctor.diagnosis import Diagnosis
from albench.wording import counted

GIB = 2**30
LITTLE_MEMORY = 2 * GIB


def device() -> Iterator[Diagnosis]:
    """CPU, memory and GPU."""
    import torch

    usable, there = cores(), os.cpu_count() or 1
    share = counted(usable, "core") if usable == there else f"{usable} of {counted(there, 'core')}"
    instructions = torch.backends.cpu.get_cpu_capability()
    yield Diagnosis("CPU", "ok", f"{this_machine().processor}, {share}, {instructions}")
    granted = cpu_quota()
    if granted is not None and granted < usable:
        advice = f"write --executor 'processes[workers={max(1, int(granted))}]', or grant the container more"
        yield Diagnosis("CPU share", "warning", f"the container may use {granted:g} cores' worth of time", advice)
    yield from _load(usable)
    yield from _memory()
    yield _gpu()


def numerics_here() -> Iterator[Diagnosis]:
    """Threads and denormal floats, as they are inside a trial."""
    import torch
    from threadpoolctl import threadpool_info

    from albench.trial.numerics import flushes_denormals, numerics

    with numerics(1):
        pools = threadpool_info()
        loose = sorted({str(pool["internal_api"]) for pool in pools if pool["num_threads"] != 1})
        flushed = flushes_denormals()
        torch_threads = torch.get_num_threads()
    names = ", ".join(sorted({f"{pool['internal_api']} {pool['version'] or ''}".strip() for pool in pools}))
    if loose or torch_threads != 1:
        what = f"{', '.join(loose) or 'torch'} cannot be held to one thread"
        advice = "set OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1 and MKL_NUM_THREADS=1 before a run"
        yield Diagnosis("threads", "warning", what, advice)
    else:
        yield Diagnosis("threads", "ok", f"one a trial, in torch and {names}")
    if flushed:
        yield Diagnosis("denormal floats", "ok", "flushed to zero")
    else:
        advice = "train on a GPU or on another CPU where it matters: a step may take two or three times as long here"
        yield Diagnosis("denormal floats", "warning", "this CPU, or this torch, does not flush them", advice)


def cpu_quota(file: Path = Path("/sys/fs/cgroup/cpu.max")) -> float | None:
    """Cores' worth of time that the control group grants; None where there is no limit."""
    try:
        quota, period = file.read_text(encoding="ascii").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _load(usable: int) -> Iterator[Diagnosis]:
    if not hasattr(os, "getloadavg"):
        return
    load = os.getloadavg()[0]
    if load > usable + 1:
        advice = "end other work before 'albench bench' and before times that you mean to compare"
        yield Diagnosis("load", "warning", f"{load:.1f} processes want {counted(usable, 'core')}", advice)


def _memory() -> Iterator[Diagnosis]:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
        total, free = sizes["MemTotal"], sizes["MemAvailable"]
    except (OSError, ValueError, KeyError, IndexError):  # not Linux: there is nothing to say
        return
    found = f"{free / GIB:.1f} of {total / GIB:.1f} GiB are free"
    if free < LITTLE_MEMORY:
        advice = "end other programs, or run fewer trials at once: --executor local"
        yield Diagnosis("memory", "warning", found, advice)
    else:
        yield Diagnosis("memory", "ok", found)


def _gpu() -> Diagnosis:
    import torch

    driver, there = _driver(), devices.there()
    if not there:
        if not driver:
            return Diagnosis("GPU", "note", "none: trials run on the CPU")
        advice = "install a torch that fits the driver, or keep to --device cpu"
        built = f"torch {torch.__version__} (built {devices.built_for()})"
        return Diagnosis("GPU", "warning", f"driver {driver}, but {built} sees none", advice)
    names = [f"{devices.name(each)}, {devices.memory(each)[1] / GIB:.0f} GiB" for each in there]
    software = {name: version for name, version in devices.versions(there[0]).items() if name != "GPU"}
    of_all = [f"driver {driver}"] * bool(driver) + [f"{name} {version}" for name, version in software.items()]
    found = f"{'; '.join(names)}; {', '.join(of_all)}".removesuffix("; ")
    try:
        x = torch.ones(64, 64, device=there[0])
        right = bool(((x @ x) == 64).all())
        reason = "a product of ones comes out wrong"
    except RuntimeError as error:
        right, reason = False, str(error).splitlines()[0]
    if right:
        return Diagnosis("GPU", "ok", found)
    return Diagnosis("GPU", "broken", f"{found}: {reason}", "use --device cpu, or install a torch built for this GPU")


def _driver() -> str:
    """Version of the NVIDIA driver, "" where there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    query = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.split() if done.returncode == 0 else []
    return lines[0] if lines else ""
