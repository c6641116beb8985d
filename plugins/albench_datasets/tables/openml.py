"""``openml[id=...]``: tables of OpenML, by scikit-learn's reader.

Source: Vanschoren, van Rijn, Bischl and Torgo, "OpenML: networked science in machine learning", SIGKDD Explorations
15(2), 2013; Feurer et al., "OpenML-Python", JMLR 22, 2021.
"""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from albench.api import DataError, DownloadError, FeatureDataset, Published, Splits, option, search_roots
from albench_datasets.arrays import About
from albench_datasets.tables.files import Layout, read_frame
from albench_datasets.tables.frame import MISSING, Reading, find_column, listed
from albench_datasets.tables.options import TableOptions
from albench_datasets.tables.splits import splits_of_table

FOLDER = "openml"
TABLE, FACTS = "table.arff", "facts.json"
"""Files of one table: as OpenML has it, and what it says of it."""


@dataclass(frozen=True, kw_only=True)
class OpenMl(TableOptions, FeatureDataset):
    """A table of OpenML, whose page says which column is the target and which are not to be read.

    It is downloaded by ``albench data fetch`` and before a run, with the checksum that OpenML has of it.
    """

    id: int | None = option(None, "number of the table, as on its page", ge=1)
    name: str = option("", "its name, in place of the number; see version", later=True)
    version: int | None = option(None, "its version; by default the oldest that is active", ge=1, later=True)
    target: str = option("", "the column that is to be predicted; by default the one that its page says")

    @property
    def spec(self) -> str:
        """What is typed for it.

        Raises
        ------
        DataError
            Where neither a number nor a name is given, or both are.
        """
        if (self.id is None) == (not self.name):
            raise DataError("openml: write openml[id=NUMBER] or openml[name=NAME,version=NUMBER], and not both")
        if self.id is not None:
            if self.version is not None:
                raise DataError(f"openml[id={self.id}]: it is of one version; leave version out")
            return f"openml[id={self.id}]"
        return f"openml[name={self.name}{f',version={self.version}' if self.version else ''}]"

    def load(self, root: Path | None) -> Splits:
        """Read what was downloaded.

        Raises
        ------
        DataError
            Where it is not here, or what it holds cannot be used.
        """
        folder = self._folder(root)
        if folder is None:
            raise DataError(f"{self.spec}: it is not here: albench data fetch '{self.spec}' downloads it")
        facts = _facts(folder)
        frame, told = read_frame({"": folder / TABLE}, Layout(), Reading(frozenset(MISSING.split(";"))))
        frame = replace(frame, files={"": self.spec})
        names = list(frame.columns)
        targets = [self.target] if self.target else facts["targets"]
        if len(targets) != 1:
            why = f"its page says {listed(targets)}" if targets else "its page says none"
            raise DataError(
                f"{self.spec}: which column is the target? {why}: target=COLUMN names it, of {listed(names)}"
            )
        target = find_column(targets[0], names, self.spec, "target")
        unread = [name for name in facts["ignored"] if name in names and name != target]
        how_read = [f"OpenML {facts['id']}: {facts['name']}, version {facts['version']}, licence {facts['licence']}"]
        how_read += [f"not read, as its page says: {listed(unread)}"] if unread else []
        about = About(what=self.spec, how_read=(*how_read, *told), notices=tuple(facts["warnings"]))
        return splits_of_table(frame.without(unread), target, self, about)

    def find(self, root: Path | None) -> bool:
        """True where it was downloaded."""
        return self._folder(root) is not None

    def published(self) -> Published:
        """Where it is had from; what it holds is known when it is here."""
        return Published(
            spec=self.spec,
            title="a table of OpenML",
            n_classes=0,
            items={},
            licence="as its page states",
            citation="Vanschoren et al. 2013, OpenML, SIGKDD Explorations 15(2)",
            homepage=f"https://www.openml.org/d/{self.id}" if self.id else "https://www.openml.org",
            subfolders=(FOLDER,),
            get=self._get,
        )

    def _folder(self, root: Path | None) -> Path | None:
        """Where it lies.

        Raises
        ------
        DataError
            Where several versions of the name do.
        """
        spec = self.spec
        for base in search_roots(root):
            folders = [base / FOLDER / str(self.id)] if self.id else sorted((base / FOLDER).glob("[0-9]*"))
            whole = [folder for folder in folders if (folder / FACTS).is_file() and (folder / TABLE).is_file()]
            if self.id is None:
                whole = [folder for folder in whole if self._means(_facts(folder))]
            if len(whole) > 1:
                versions = ", ".join(str(_facts(folder)["version"]) for folder in whole)
                raise DataError(f"{spec}: versions {versions} are here: version=NUMBER names one")
            if whole:
                return whole[0]
        return None

    def _means(self, facts: dict[str, Any]) -> bool:
        same = str(facts["name"]).casefold() == self.name.casefold()
        return same and self.version in (None, int(facts["version"]))

    def _get(self, folder: Path) -> list[Path]:
        """Download it with scikit-learn, which compares it with OpenML's checksum, and keep what it came as."""
        from sklearn.datasets import fetch_openml

        which: dict[str, Any] = {"data_id": self.id} if self.id else {"name": self.name}
        if self.version is not None:
            which["version"] = self.version
        with tempfile.TemporaryDirectory(dir=folder, prefix=".download.") as cache:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                try:
                    # without a target: what is missing in it is told when it is read
                    how: dict[str, Any] = {"target_column": None, "as_frame": "auto", "parser": "auto"}
                    bunch = fetch_openml(**which, **how, data_home=cache, n_retries=1, delay=0.2)
                except (OSError, ValueError, LookupError) as error:  # of the network; of OpenML's answers and checksums
                    why = " ".join(str(error).split())
                    raise DownloadError(
                        f"{self.spec}: it cannot be had ({why}): run the same command again."
                    ) from error
            said = [" ".join(str(each.message).split()) for each in told if issubclass(each.category, UserWarning)]
            facts = _described(bunch.details, Path(cache)) | {"warnings": said}
            return _kept(Path(cache), facts, folder / str(facts["id"]))


def _described(details: dict[str, Any], cache: Path) -> dict[str, Any]:
    """What OpenML says of a table."""
    columns = next((json.loads(_unpacked(file)) for file in cache.rglob("data/features/*.gz")), None)
    features = columns["data_features"]["feature"] if columns else []
    ignored = [f["name"] for f in features if "true" in (f.get("is_ignore"), f.get("is_row_identifier"))]
    return {
        "id": int(details["id"]),
        "name": details["name"],
        "version": int(details["version"]),
        "licence": details.get("licence") or "not stated",
        "targets": [f["name"] for f in features if f.get("is_target") == "true"],
        "ignored": ignored,
    }


def _kept(cache: Path, facts: dict[str, Any], folder: Path) -> list[Path]:
    """Write the table beside its place, then give it its name."""
    (packed,) = (file for file in _files(cache) if "/api/" not in file.as_posix())
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        (beside / TABLE).write_bytes(_unpacked(packed))
        (beside / FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        beside.chmod(0o755)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [folder / TABLE, folder / FACTS]


def _files(cache: Path) -> Iterator[Path]:
    return (file for file in sorted(cache.rglob("*.gz")) if file.is_file())


def _unpacked(file: Path) -> bytes:
    with gzip.open(file, "rb") as content:
        return content.read()


def _facts(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / FACTS).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder / FACTS}: cannot be read ({error}); take the folder away to have it again") from error
