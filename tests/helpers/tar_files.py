"""Archives for tests."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path


def packed(path: Path, held: dict[str, bytes], *, folder: str = "") -> Path:
    """A .tar.gz archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, body in held.items():
            info = tarfile.TarInfo(f"{folder}{name}")
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path
