"""The folders that a run writes to: writable, large enough, and fit for several runs at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from albench.bench.machine import cache_file
from albench.disk.claims import hold
from albench.disk.files import write_atomic
from albench.disk.processes import as_here
from albench.doctor.diagnosis import Diagnosis
from albench.errors import ClaimLost

MIB = 2**20
LITTLE, TOO_LITTLE = 1024 * MIB, 50 * MIB
SLOW = 0.5
"""Seconds that writing one record may take."""
IN_MEMORY = ("tmpfs", "ramfs")
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "lustre", "beegfs", "gpfs", "ceph", "afs")
_TRY_CLAIM = (
    "import sys, pathlib\n"
    "from albench.disk.claims import Claim\n"
    "sys.exit(3 if Claim(pathlib.Path(sys.argv[1])).take() else 0)\n"
)


def folder(out: Path) -> Iterator[Diagnosis]:
    """The results folder, or where it would be made; then the folders for caches and temporary files."""
    place = there(out)
    shown = str(out.absolute()) if place == out.absolute() else f"{out.absolute()}, to be made in {place}"
    yield Diagnosis("results folder", "ok", shown)
    try:
        with tempfile.TemporaryDirectory(prefix=".albench-doctor-", dir=place) as made:
            yield from _use(Path(made))
    except OSError as error:
        yield Diagnosis(
            "writing", "broken", f"{place}: {error.strerror or error}", "choose another folder with --out DIR"
        )
    yield from _space(place)
    yield from _kind(place)
    yield from _other("cache folder", cache_file().parent, "name another with ALBENCH_CACHE")
    yield from _other("temporary files", Path(tempfile.gettempdir()), "name another folder with TMPDIR")


def there(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    path = path.absolute()
    return next((each for each in (path, *path.parents) if each.exists()), path)


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of the file system that a folder is on, "" where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 2:
            point = fields[1].replace("\\040", " ")
            if len(point) >= len(best) and path.resolve().is_relative_to(point):
                best, kind = point, fields[2]
    return kind


def _use(made: Path) -> Iterator[Diagnosis]:
    """Write as a run does, then let another process try to take a trial that this one holds."""
    started = time.monotonic()
    write_atomic(made / "file", b"x" * 10_000)
    took = time.monotonic() - started
    if took > SLOW:
        yield Diagnosis("writing", "warning", f"a record takes {took:.1f} s", "choose a faster disk with --out DIR")
    else:
        yield Diagnosis("writing", "ok", f"a record takes {took * 1e3:.0f} ms")
    wrong = _claim_is_respected(made / "claim")
    if wrong:
        advice = "choose another disk with --out DIR, or let only one process at a time run a suite"
        yield Diagnosis("claims", "broken", wrong, advice)
    else:
        yield Diagnosis("claims", "ok", "another process leaves alone what is held here")


def _claim_is_respected(base: Path) -> str:
    """ "" where another process cannot take what this one holds, else what happened."""
    with hold(base) as claim:
        command = [sys.executable, "-c", _TRY_CLAIM, str(base)]
        try:
            done = subprocess.run(
                command,
                env=as_here(),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=30,
                check=False,
            )
            claim.renew()
        except (ClaimLost, subprocess.TimeoutExpired) as error:
            return f"{type(error).__name__}: {error}"
    if done.returncode == 3:
        return ""
    if done.returncode == 0:
        return "two processes could hold one thing: both would run the same trial"
    return f"the try of a claim failed: {(done.stderr.strip().splitlines() or ['no word'])[-1]}"


def _space(place: Path) -> Iterator[Diagnosis]:
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return
    found = f"{free / MIB / 1024:,.1f} GiB are free" if free >= LITTLE else f"{free / MIB:,.0f} MiB are free"
    advice = "make room, or choose another disk with --out DIR"
    status = "broken" if free < TOO_LITTLE else "warning" if free < LITTLE else "ok"
    yield Diagnosis("space", status, found, "" if status == "ok" else advice)  # type: ignore[arg-type]  # three statuses


def _kind(place: Path) -> Iterator[Diagnosis]:
    kind = file_system(place)
    if kind in IN_MEMORY:
        advice = "choose a disk with --out DIR if you mean to keep results"
        yield Diagnosis("file system", "warning", f"{kind}: in memory, gone with the next start", advice)
    elif kind in NETWORK or kind.startswith("fuse."):
        yield Diagnosis("file system", "note", f"{kind}: of a network; several machines may share it")
    elif kind == "overlay":
        yield Diagnosis(
            "file system", "note", f"{kind}: of a container, gone with it unless it is mounted from outside"
        )
    elif kind:
        yield Diagnosis("file system", "ok", kind)


def _other(what: str, path: Path, advice: str) -> Iterator[Diagnosis]:
    place = there(path)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        yield Diagnosis(what, "warning", f"{path}: {error.strerror or error}", advice)
    else:
        yield Diagnosis(what, "ok", str(path))
