"""Folders of images, read as small ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from albench.api import DataError, Splits
from albench_datasets.imagefolder import ImageFolder


def load(folder: Path, **options: Any) -> Splits:
    """The folder's splits, 8 x 8 pixels where no size is given."""
    return ImageFolder(path=str(folder), **({"size": 8} | options)).load(None)


def refused(folder: Path, says: str, **options: Any) -> None:
    """The folder cannot be loaded, for the reason that is said in one line."""
    with pytest.raises(DataError, match=re.escape(says)) as caught:
        load(folder, **options)
    assert "\n" not in str(caught.value)
