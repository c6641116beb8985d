"""Data sets of the Hugging Face hub (Lhoest et al., EMNLP 2021: System Demonstrations), downloaded by their library.

One is kept as ``save_to_disk`` writes it, whole or absent, with a file beside it that says which version it is.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.api import DataError, DownloadError, Published, search_roots

FOLDER, FACTS = "huggingface", "hub.json"
"""Where such data sets are kept in a data folder; and the file that says what one is."""
INSTALL = "huggingface[...] needs the package datasets: pip install 'albench[huggingface]'"
UNSTATED = "none stated"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class Version:
    """What the hub says of one version of a data set.

    Attributes
    ----------
    revision
        Its commit.
    size
        Bytes of the files that are read.
    builder
        The library's object that downloads and reads them.
    """

    revision: str
    licence: str
    size: int
    builder: Any


class OnHub:
    """A data set of the hub.

    Parameters
    ----------
    spec
        What is typed for it.
    name
        ``owner/name``.
    config, revision
        One of its configurations; a branch, tag or commit. Empty for the default.
    """

    def __init__(self, spec: str, name: str, config: str, revision: str) -> None:
        self.spec, self.name, self.config, self.revision = spec, name, config, revision

    def folder(self, root: Path | None) -> Path | None:
        """Where it was downloaded to."""
        folders = (base / FOLDER / self._called for base in search_roots(root))
        return next((folder for folder in folders if (folder / FACTS).is_file()), None)

    def published(self) -> Published:
        """Where it is had from; size and licence are asked of the hub before the first byte of the data."""
        return Published(
            spec=self.spec,
            title="a data set of the Hugging Face hub",
            n_classes=0,
            items={},
            licence="as its page states",
            citation="Lhoest et al. 2021, Datasets: A community library for natural language processing, EMNLP",
            homepage=f"https://huggingface.co/datasets/{self.name}",
            subfolders=(FOLDER,),
            get=self._get,
            ask=lambda: (self._version.size, self._version.licence),
        )

    @property
    def _called(self) -> str:
        parts = (self.name, *([self.config] if self.config else []), *([f"@{self.revision}"] if self.revision else []))
        return re.sub(r"[^\w.@-]", "--", "--".join(parts))

    @functools.cached_property
    def _version(self) -> Version:
        try:
            import datasets
            from huggingface_hub import HfApi
        except ImportError:
            raise DataError(INSTALL) from None
        try:
            about = HfApi().dataset_info(self.name, revision=self.revision or None, files_metadata=True)
            builder = datasets.load_dataset_builder(self.name, self.config or None, revision=about.sha)
        except Exception as error:  # of the network, of the hub's answers, of what the library makes of them
            raise self._failed(error) from error
        of_files = {each.rfilename: each.size or 0 for each in about.siblings or ()}
        read = {str(url) for urls in (builder.config.data_files or {}).values() for url in urls}
        size = sum(of_files.get(url.rpartition(f"@{about.sha}/")[2], 0) for url in read)
        stated = (about.card_data.get("license") if about.card_data else None) or UNSTATED
        licence = stated if isinstance(stated, str) else ", ".join(map(str, stated))
        return Version(str(about.sha), licence, size, builder)

    def _get(self, folder: Path) -> list[Path]:
        """Download it, and keep what the library makes of it."""
        import datasets
        from filelock import FileLock

        version, place = self._version, folder / self._called
        scratch = folder / f".{self._called}.part"
        with FileLock(folder / f".{self._called}.lock"):  # of two processes the second finds what the first has brought
            if (place / FACTS).is_file():
                return []
            if place.exists():
                raise DataError(
                    f"{place}: it is in the way and did not come from the hub: move it, or name another folder with "
                    "--data-dir DIR"
                )
            if not sys.stderr.isatty():
                datasets.disable_progress_bars()
            try:
                shutil.rmtree(scratch, ignore_errors=True)  # of a download that was killed
                self._download(version, scratch)
                (scratch / "saved").rename(place)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        return sorted(file for file in place.rglob("*") if file.is_file())

    def _download(self, version: Version, scratch: Path) -> None:
        """Into ``scratch/saved``, as it is kept."""
        import datasets

        made = scratch / "saved"
        try:
            loaded = datasets.load_dataset(
                self.name, self.config or None, revision=version.revision, cache_dir=str(scratch / "cache")
            )
            loaded.save_to_disk(str(made))
        except Exception as error:
            raise self._failed(error) from error
        facts = {"name": self.name, "config": version.builder.config.name, "revision": version.revision}
        (made / FACTS).write_text(json.dumps({**facts, "licence": version.licence}, indent=1), encoding="utf-8")

    def _failed(self, error: Exception) -> DownloadError:
        why = " ".join(str(error).split())
        if "onfig name is missing" in why or ("onfig" in why and "not found" in why):
            why += ": config=NAME names one"
        if re.search(r"\b404\b", why) or "ouldn't find" in why:
            why = f"neither a folder nor a data set that the hub shows to you: {why}"
        return DownloadError(f"{self.spec}: it cannot be had ({why})")


def is_name(path: str) -> bool:
    """Whether a path may be ``owner/name`` of the hub."""
    return bool(_NAME.fullmatch(path))


def kept_version(folder: Path) -> tuple[str, ...]:
    """Which version of which data set a folder holds, in a line; nothing where it is not from the hub."""
    file = folder / FACTS
    if not file.is_file():
        return ()
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        of = f", configuration {facts['config']}" if facts["config"] != "default" else ""
        return (
            f"{facts['name']} of the Hugging Face hub{of}, revision {facts['revision']}, licence {facts['licence']}",
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file}: cannot be read ({error}); take the folder away to have it again") from error
