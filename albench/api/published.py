"""What is published of a data set: files and their checksums, sizes, licence and source. Light: nothing is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Remote:
    """A file that can be downloaded.

    Attributes
    ----------
    name
        What it is called on disk.
    urls
        Where it is, best first: where one fails, the next is asked.
    checksum
        ``"sha256:..."`` or ``"md5:..."``, as published. A file with another one is never kept.
    size
        In bytes; 0 where it is not published.
    """

    name: str
    urls: tuple[str, ...]
    checksum: str
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Published:
    """Facts of a data set, for those who choose one and for who downloads it.

    Attributes
    ----------
    spec
        What is typed to use it.
    title
        What it is, in a few words.
    n_classes
        Number of classes.
    items
        Split -> items, of the splits that are published.
    per_class
        Split -> items of each class, where they are known.
    licence, citation, homepage
        Of its makers; the licence as they state it, or that they state none.
    files
        What is downloaded; none of what comes along with a library.
    subfolders
        Folders of the data folder that its files may lie in; downloads are kept in the first.
    unpacked
        What the archive in ``files`` holds, by its paths there: where these lie in the folder it is not needed.
    comes_with
        The library that it comes along with.
    get
        Where no checksum of the files is known beforehand: what downloads them into the first of ``subfolders`` and
        checks them by what their server says, whole or not at all; it gives the files.
    ask
        Where size and licence are known to a server alone: asks it, before a download, for the bytes and the licence.
    """

    spec: str
    title: str
    n_classes: int
    items: Mapping[str, int]
    licence: str
    citation: str
    homepage: str = ""
    per_class: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    files: tuple[Remote, ...] = ()
    subfolders: tuple[str, ...] = ()
    unpacked: tuple[str, ...] = ()
    comes_with: str = ""
    get: Callable[[Path], list[Path]] | None = None
    ask: Callable[[], tuple[int, str]] | None = None

    @property
    def downloads(self) -> bool:
        """Whether there is anything to download."""
        return bool(self.files) or self.get is not None

    @property
    def size(self) -> int:
        """Bytes to download; 0 where one is not known."""
        return sum(file.size for file in self.files) if all(file.size for file in self.files) else 0

    @property
    def imbalance(self) -> float | None:
        """The largest class over the smallest, of the training items or of all; None where counts are not known."""
        counts = self.per_class.get("train") or self.per_class.get("")
        return max(counts) / min(counts) if counts else None
