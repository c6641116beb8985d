"""Text that people write beside their data: opened, with what is wrong with a file as a whole told in one line."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from albench.api import DataError


@contextlib.contextmanager
def opened(file: Path) -> Iterator[IO[str]]:
    """The file as UTF-8 text, with or without a mark at its start, to read inside the block, by ``csv`` or by lines.

    Raises
    ------
    DataError
        Where it cannot be read, is no UTF-8 or no CSV.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: not UTF-8 text; save it in UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{file}: not a readable CSV file ({error})") from error
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error})") from error


def called_in(folder: Path) -> dict[str, str]:
    """File -> the argument of ``albench.arrays`` that it was made of; empty in a folder of the user's own."""
    try:
        return dict(json.loads((folder / "called.json").read_text(encoding="utf-8"))["called"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
