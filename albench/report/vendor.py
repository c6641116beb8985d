"""The libraries that draw the page's charts: unmodified builds, held to their checksums, with their licences."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files

from albench.errors import AlbenchError

FOLDER = files("albench.report") / "page" / "vendor"


@dataclass(frozen=True)
class Library:
    """A vendored library.

    Attributes
    ----------
    name, version, licence
        As its publisher names them; the licence as SPDX writes it.
    file, licence_file
        Names in ``FOLDER``.
    sha256, licence_sha256
        Of both files, in hexadecimal digits.
    """

    name: str
    version: str
    licence: str
    file: str
    sha256: str
    licence_file: str
    licence_sha256: str


def libraries() -> list[Library]:
    """All of them, in the order in which a page loads them."""
    return [Library(**entry) for entry in json.loads((FOLDER / "vendor.json").read_text(encoding="utf-8"))]


def script(library: Library) -> str:
    """The licence as a comment, then the library as it was published.

    Raises
    ------
    AlbenchError
        Where a file is not what its checksum says.
    """
    licence = _checked(library.licence_file, library.licence_sha256)
    code = _checked(library.file, library.sha256)
    return f"/*! {library.name} {library.version}, {library.licence} licence\n{licence.strip()}\n*/\n{code}"


def _checked(name: str, sha256: str) -> str:
    content = (FOLDER / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise AlbenchError(f"{FOLDER / name} is not the file that albench ships: install albench again.")
    return content.decode()
