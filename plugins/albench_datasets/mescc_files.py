"""Finds the files of a MESCC folder by pattern, helped by an explicit mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from albench.api import DataError
from albench_datasets.mescc_names import Role, explicit, role_of
from albench_datasets.published import SPLITS
from albench_datasets.roots import candidate_roots

DEPTH = 2
"""How many levels of subfolders are searched."""

STAND_IN_FILE = "STAND-IN.txt"
"""Marks a folder whose files are simulated."""


@dataclass(frozen=True)
class MesccFiles:
    """The files of one folder by role; a role that several files claim has them all.

    ``others`` are the .npy files whose names tell no role.
    """

    folder: Path
    files: dict[Role, list[Path]]
    others: tuple[Path, ...] = ()

    def pick(self, split: str, kind: str, grading: str) -> Path | None:
        """The file for a role of one grading, or None.

        Features and groups that name no grading serve both; targets have to name theirs.

        Raises
        ------
        DataError
            Where two files are equally good.
        """
        roles = [Role(split, kind, grading)]
        if kind != "targets":
            roles.append(Role(split, kind))
        for role in roles:
            paths = self.files.get(role, [])
            if len(paths) > 1:
                raise DataError(
                    f"{paths[0]} and {paths[1]}: both look like {role}; move one away or write "
                    f'"mescc[grading={grading},files={role}=PATH]"'
                )
            if paths:
                return paths[0]
        return None

    def missing(self, grading: str) -> list[str]:
        """The roles that loading this grading needs and that no file has."""
        return [
            str(Role(split, kind, grading))
            for split in SPLITS
            for kind in ("features", "targets")
            if not self._has(split, kind, grading)
        ]

    def stand_in(self, paths: list[Path]) -> bool:
        """True where one of these files lies in or below a folder marked as simulated, up to the data folder."""
        marked: set[Path] = set()
        for path in paths:
            above = {path.parent, *(parent for parent in path.parents if parent.is_relative_to(self.folder))}
            marked |= {parent for parent in above if (parent / STAND_IN_FILE).is_file()}
        return bool(marked)

    def _has(self, split: str, kind: str, grading: str) -> bool:
        return Role(split, kind, grading) in self.files or (kind != "targets" and Role(split, kind) in self.files)


def find_files(root: Path | None, files: str, grading: str) -> MesccFiles | None:
    """The files of the first folder with all that a grading needs, else of the one with most of it.

    Parameters
    ----------
    root
        The folder that the user named, or None; see ``candidate_roots``.
    files
        The user's explicit mapping: its files come before what is found. A path is relative to one of the searched
        folders or to the working folder, or absolute.
    grading
        Also the grading of named files that tell none.

    Returns
    -------
    None where there is not one such file.

    Raises
    ------
    UserError
        For a malformed mapping; a DataError where a named file does not exist.
    """
    folders = candidate_roots(root)
    named = {
        Role(role.split, role.kind, role.grading or grading): [_existing(role, path, folders)]
        for role, path in explicit(files).items()
    }
    best: MesccFiles | None = None
    for folder in folders:
        by_role, others = _search(folder)
        given = {path.resolve() for paths in named.values() for path in paths}
        others = tuple(path for path in others if path.resolve() not in given)
        release = MesccFiles(folder, {**by_role, **named}, others)
        if release.files and (best is None or len(release.missing(grading)) < len(best.missing(grading))):
            best = release
    return best if best is not None or not named else MesccFiles(Path(), named)


def _existing(role: Role, name: str, folders: list[Path]) -> Path:
    for folder in (*folders, Path()):
        path = folder / Path(name).expanduser()
        if path.is_file():
            return path
    where = " or ".join(str(folder) for folder in folders)
    raise DataError(f"mescc[files={role}=...]: no file {name}{' in ' + where if where else ''}; give its full path")


def _search(folder: Path) -> tuple[dict[Role, list[Path]], tuple[Path, ...]]:
    """The files in and below a folder by role, of several with one role those nearest to it; and those without one."""
    files: dict[Role, list[Path]] = {}
    others: list[Path] = []
    for level in _levels(folder):
        here: dict[Role, list[Path]] = {}
        for path in level:
            role = role_of(path.relative_to(folder))
            if role is not None:
                here.setdefault(role, []).append(path)
            else:
                others.append(path)
        files = {**here, **files}
    return files, tuple(others)


def _levels(folder: Path) -> Iterator[list[Path]]:
    """The .npy files directly in the folder, then those one level down, and so on; hidden folders are left out."""
    folders = [folder]
    for _ in range(DEPTH + 1):
        files: list[Path] = []
        below: list[Path] = []
        for each in folders:
            try:
                entries = sorted(each.iterdir())
            except OSError:
                continue  # a folder that may not be read holds nothing for us
            files += [entry for entry in entries if entry.suffix.lower() == ".npy" and entry.is_file()]
            below += [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
        yield files
        folders = below
