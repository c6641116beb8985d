"""What the ids in a suite's records are: ``items/<data hash>.csv`` names each item of the pool, for people.

It stays beside the results where the data are: names of files and patients are not for whoever is sent an archive.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from albench.disk.files import temporary, write_atomic, writing
from albench.errors import StoreError
from albench.results.store import alone

if TYPE_CHECKING:
    from albench.api.dataset import Splits

FOLDER = "items"
FIELDS = ("id", "item", "group", "class")
_UNSEEN = "backslashreplace"
"""What becomes of the bytes of a file's name that are no text."""


class Item(NamedTuple):
    """One item of the pool.

    Attributes
    ----------
    item
        Its file, or ``train row 5``.
    group
        Its patient or the like; empty where it is not known.
    label
        The name of its class; empty where it is not known.
    """

    item: str
    group: str = ""
    label: str = ""


def items_file(suite: Path, data_hash: str) -> Path:
    """Where the items of a data set are named."""
    return suite / FOLDER / f"{data_hash}.csv"


def write_items(suite: Path, data_hash: str, splits: Splits) -> None:
    """Name the items of a pool in a suite's folder; nothing is written where the file says the same already.

    A seal beside the file tells it, by which neither the lines of a large pool are made again nor a file is trusted
    that was changed since.

    Raises
    ------
    FolderError
        Where the folder cannot be written.
    """
    path = items_file(suite, data_hash)
    seal = path.with_suffix(".seal")
    source = _source(splits)

    def is_there() -> bool:
        return path.is_file() and seal.is_file() and seal.read_bytes() == _sealed(source, path.read_bytes())

    with writing(suite):
        path.parent.mkdir(exist_ok=True)
        if is_there() and not _left_over(path, seal):
            return
        with alone(suite):  # only its holder writes here, so that what is left over is a killed one's
            for leftover in _left_over(path, seal):
                leftover.unlink(missing_ok=True)
            if not is_there():
                content = _written(splits)
                write_atomic(path, content)
                write_atomic(seal, _sealed(source, content))


def _left_over(*paths: Path) -> list[Path]:
    return [leftover for path in paths for leftover in temporary(path)]


def _written(splits: Splits) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    groups = splits.groups_called("train")
    names = splits.task.class_names
    for row, label in enumerate(splits.train.y.tolist()):
        writer.writerow((row, splits.called("train", row), "" if groups is None else groups[row], names[label]))
    return text.getvalue().encode("utf-8", errors=_UNSEEN)


def _source(splits: Splits) -> bytes:
    """A digest of all that the lines are made of."""
    digest = hashlib.sha256(repr((FIELDS, tuple(splits.task.class_names))).encode())
    for values in (splits.train.y, splits.groups_called("train"), splits.names.get("train")):
        if values is None:
            digest.update(b"none")
            continue
        array = values.astype(str) if values.dtype.kind == "O" else values
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.digest()


def _sealed(source: bytes, content: bytes) -> bytes:
    """What a seal holds: a digest of what a file was made of and of the file."""
    return hashlib.sha256(source + content).hexdigest().encode()


def copy_items(sources: Iterable[Path], suite: Path) -> None:
    """Bring the names of items along where suites are united; of one data set, those of the first source."""
    for source in sources:
        for path in sorted((source / FOLDER).glob("*.csv")):
            target = suite / FOLDER / path.name
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(path.read_bytes())


def read_items(suite: Path, data_hash: str) -> list[Item]:
    """The items of a pool, by id; empty where the folder does not name them.

    Raises
    ------
    StoreError
        Where the file is not as it was written.
    """
    path = items_file(suite, data_hash)
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} cannot be read: {error}.") from None
    return list(_items(path, csv.reader(io.StringIO(text, newline=""))))


def _items(path: Path, lines: Iterator[list[str]]) -> Iterator[Item]:
    if next(lines, None) != list(FIELDS):
        raise StoreError(f"{path} does not begin with {','.join(FIELDS)}: delete it, and the next run writes it anew.")
    for row, line in enumerate(lines):
        if len(line) != len(FIELDS) or line[0] != str(row):
            raise StoreError(f"{path}: item {row} is missing or torn: delete it, and the next run writes it anew.")
        yield Item(*line[1:])
