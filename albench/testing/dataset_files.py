"""How a data set has to treat files: found or not, simulated, verified, and left as they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from albench.api.dataset import Dataset, Problem
from albench.data.checks import check_splits
from albench.errors import DataError
from albench.testing.dataset_subject import DatasetSubject, digests, load
from albench.testing.report import Fault, NotApplicable, described


def loads(subject: DatasetSubject) -> None:
    """find says whether the data are there, and load reads them."""
    load.cache_clear()
    loaded = load(subject.build, subject.root)
    if loaded.broken:
        raise Fault(loaded.broken)
    if loaded.absent:
        raise NotApplicable(f"its data are not there: {loaded.absent}")


def missing_data(subject: DatasetSubject) -> None:
    """Without its files find is False, load raises a DataError of one line, and verify has a fatal problem."""
    dataset = subject.dataset
    with tempfile.TemporaryDirectory() as name:
        for folder, case in ((Path(name), "an empty data folder"), (Path(name) / "absent", "a data folder not there")):
            subject.case = case
            if dataset.find(folder):
                raise NotApplicable("it finds its data without a data folder")
            try:
                dataset.load(folder)
            except DataError as error:
                if len(str(error).strip().splitlines()) != 1:
                    raise Fault("the DataError of load does not say in one line what is missing") from error
            except Exception as error:
                raise Fault(f"load {described(error)}: raise albench.api.DataError instead") from error
            else:
                raise Fault("find is False, yet load works")
            if not any(problem.fatal for problem in _problems(dataset, folder)):
                raise Fault("find is False, yet verify has no fatal problem")


def simulated_files(subject: DatasetSubject) -> None:
    """simulate returns the files that it wrote, which find and load take, and writes the same for the same seed."""
    dataset = subject.dataset
    if type(dataset).simulate is Dataset.simulate:
        raise NotApplicable("it has no simulation")
    made = []
    with tempfile.TemporaryDirectory() as name:
        for out in (Path(name) / "one", Path(name) / "two"):
            files = dataset.simulate(out, 0)
            if not files:
                raise Fault("simulate names no file")
            for file in files:
                if not file.is_file() or not file.is_relative_to(out):
                    raise Fault(f"simulate names {file.name}, which it did not write into the folder given")
            if not dataset.find(out):
                raise Fault("find is False for the folder that simulate wrote")
            splits = dataset.load(out)
            check_splits(splits, "the simulation")
            made.append(dict(digests(splits)))
    if made[0] != made[1]:
        raise Fault("the same seed simulated other data: seed a generator of its own from it")


def verify_reports(subject: DatasetSubject) -> str:
    """verify returns Problems of one line each, none of them fatal where load works."""
    _ = subject.splits
    problems = _problems(subject.dataset, subject.root)
    for problem in problems:
        if problem.fatal:
            raise Fault(f"verify calls it fatal, yet load works: {problem.where}: {problem.what}")
    return f"verify finds {len(problems)} problems" if problems else ""


def _problems(dataset: Dataset, root: Path | None) -> list[Problem]:
    found = dataset.verify(root)
    if not isinstance(found, list):
        raise Fault(f"verify returned a {type(found).__name__}, not a list of albench.api.Problem")
    for problem in found:
        if not isinstance(problem, Problem):
            raise Fault(f"verify's list has a {type(problem).__name__}, not an albench.api.Problem")
        if not str(problem.where).strip() or len(problem.what.strip().splitlines()) != 1:
            raise Fault(f"verify's {problem} does not say where and what in one line each")
    return found


def files_untouched(subject: DatasetSubject) -> None:
    """load and verify write nothing into the data folder, nor to what a path option names."""
    _ = subject.splits
    dataset, root = subject.dataset, subject.root
    path = getattr(dataset, "path", "")
    bases = [Path(), *([root.expanduser()] if root is not None else [])]
    named = [base / path for base in bases] if isinstance(path, str) and path else []
    with tempfile.TemporaryDirectory() as empty:
        roots = [root, Path(empty)] if dataset.find(Path(empty)) else [root]
        watched = [*named, *(each.expanduser() for each in roots if each is not None)]
        before = dict(_listing(watched))
        for each in roots:
            dataset.load(each)
            dataset.verify(each)
        after = dict(_listing(watched))
    changed = sorted(file for file in before.keys() | after.keys() if before.get(file) != after.get(file))
    if changed:
        raise Fault(f"it wrote {changed[0].name} into the data folder: keep such files in a cache folder")


def _listing(places: list[Path]) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Every file and folder under the places, with its size and time of change."""
    for place in places:
        for path in (place, *place.rglob("*")) if place.is_dir() else (place,):
            if path.exists() and (path != place or path.is_file()):
                stat = path.stat()
                yield path, (0 if path.is_dir() else stat.st_size, stat.st_mtime_ns)
