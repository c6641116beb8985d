"""Stored records as tidy tables."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from albench.compare.tables import Remark
from albench.errors import StoreError
from albench.garbage import unlooked
from albench.item_predictions import fitting, labelled_of, predictions_of
from albench.results.begun import not_begun_words
from albench.results.known_as import names_of
from albench.results.looks import looks_text
from albench.results.once import Read, once
from albench.results.opening import Opened, opened
from albench.results.records import read_manifest, read_trial, trial_folders
from albench.results.trial_rows import NAMES, rows_of
from albench.suite.arguments import check_comparison, check_folders
from albench.suite.naming import united
from albench.suite.protocol import LATER

if TYPE_CHECKING:
    import pandas as pd

    from albench.compare import Comparison
    from albench.compare.basis import Basis
    from albench.compare.over_items import Kept
    from albench.compare.question import Question


class Drawing(Protocol):
    """Learning curves (see ``albench.render.drawing.Drawing``)."""

    notes: tuple[str, ...]

    def save(self, path: str | Path) -> Path: ...


@dataclass(frozen=True, repr=False)
class Results:
    """Results of one or more suites: printed, what was run with how many seeds.

    Attributes
    ----------
    folders
        The suites' folders; of those that came in archives, where they were unpacked, for as long as this lives.
    frame
        One row a round and trial, of copies of a trial one: ``suite`` (its place too, where two have one name),
        ``key``, ``dataset``, ``stand_in``, ``method``, ``strategy``, ``backbone``, ``seed``, ``protocol`` (its hash),
        ``device``, ``data_hash``, ``items`` (the same for data sets that hold the same items, however they are read;
        empty where that is not known), ``initial_hash`` (names the first labels), ``pool_size``, ``rare_recalls``
        (metrics, a line each; empty where no class is rare or it is not known), ``small_classes`` (those that
        ``minority_recall`` is of, a line each), ``looks`` (at which seeds, and what each may use of the 5 %, as
        ``5:0.03 10:0.06``; empty where their number was fixed), ``thin_test`` (why the test split cannot carry a claim;
        empty where it can or it is not known), ``given_classes`` (those that the first labels hold by rule, and how
        often a random draw would miss them), ``round``, ``n_labeled``; metrics as
        ``test.macro_f1`` or ``val.accuracy``; ``seconds.train``, ``seconds.evaluate``, ``seconds.query``;
        ``pseudo_label.accepted``, ``pseudo_label.accuracy``; ``peak_memory_mb``; where settings were tuned, ``tuned``
        as ``lr=0.1, fixmatch.threshold=0.8``, and in the round for which they were, ``tuned.tries``, ``tuned.score``
        (the validation metric of what was chosen) and ``seconds.tune``; every setting of the protocol as
        ``protocol.lr``, missing where a trial is older than the setting; ``run``, the ``id`` in the manifest of the run
        that made the round, and ``made_with.torch``, ``made_with.processor`` and the like: what the process that made
        it had. Rounds of earlier versions of albench do not say.
    failed
        One row a trial without complete records: its names, ``status`` (failed, skipped, incomplete) and ``reason``.
    aliases
        Kind and spec, every option written out, as ``strategy boostmis[n_neighbors=5]`` -> the alias that stands in
        the frame's column in its place.
    notes
        What is to be said of them, a line each.
    caveats
        Those of the notes that limit what tables of them claim.
    trials
        Folder of each trial that is counted -> the names of its data set, method, strategy and backbone in the frame,
        and its ``suite`` there.
    """

    folders: tuple[Path, ...]
    frame: pd.DataFrame = field(repr=False)
    failed: pd.DataFrame = field(repr=False)
    aliases: dict[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    trials: dict[Path, dict[str, str]] = field(default_factory=dict, repr=False)
    caveats: tuple[str, ...] = ()

    def only(self, keys: Collection[str]) -> Results:
        """The trials that have these keys alone."""
        frame, failed = (
            part[part["key"].isin(list(keys))].reset_index(drop=True) for part in (self.frame, self.failed)
        )
        trials = {folder: names for folder, names in self.trials.items() if folder.name in keys}
        return dataclasses.replace(self, frame=frame, failed=failed, trials=trials)

    def compare(self, **options: Any) -> Comparison:
        """The comparison table (see ``albench.compare.question.Question``, whose attributes are the options).

        ``strategy``, ``method`` and ``dataset``, one name or several, may be written as ``albench.run`` takes them.

        Raises
        ------
        UserError
            Where an option is unknown, or its value none.
        """
        from albench.compare.question import Question

        return self.compared(Question(**check_comparison(options)))

    def compared(self, question: Question, basis: Basis | None = None) -> Comparison:
        """The comparison table that a question asks for (see ``albench.compare.build.compared``)."""
        from albench.compare.build import compared

        comparison = compared(self.frame, question, failed=self.failed, kept=self._kept, basis=basis)
        caveats = (Remark(text, limits=True) for text in self.caveats)
        return dataclasses.replace(
            comparison, notes=(*self.notes, *comparison.notes), caveats=(*caveats, *comparison.caveats)
        )

    def plot(self, **options: Any) -> Drawing:
        """Learning curves as ``albench plot`` draws them; a notebook shows them, ``.save("curves.pdf")`` writes them.

        Needs matplotlib. The options are the attributes of ``albench.render.drawing.Asked``: ``metric``, ``strategy``,
        ``method`` and ``dataset``, one name or several, ``baseline``, ``highlight``, ``by_method``, ``bands``,
        ``width`` and ``height`` of a panel in inches...

        Raises
        ------
        UserError
            Where an option or a name is unknown, or there is nothing to draw.
        """
        return cast("Drawing", _above("render.drawing").plot(self, options))

    def report(self, path: str | Path = "report.html", **options: Any) -> Path:
        """Write the page that ``albench report`` writes, and return its path; the options are those of ``compare``.

        Raises
        ------
        UserError
            Where an option is unknown, there is nothing to show or the file cannot be written.
        """
        try:
            _above("report.page").write(Path(path), self, **check_comparison(options))
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
        return Path(path)

    def _kept(self, suite: str, key: str) -> Kept:
        """What a trial keeps of its test split."""
        files = read_trial(self._folders[suite, key])
        with _as_written(f"{suite}/trials/{key}"):
            split = labelled_of(files.facts)
            models = {record["n_labeled"]: fitting(predictions_of(record), split) for record in files.records}
            return split, {count: model for count, model in models.items() if model}

    @functools.cached_property
    def _folders(self) -> dict[tuple[str, str], Path]:
        """Suite and key -> folder of each trial that is counted."""
        return {(names["suite"], folder.name): folder for folder, names in self.trials.items()}

    def __repr__(self) -> str:
        return f"<Results: {self._shown('line')}>"

    def __str__(self) -> str:
        return self._shown("text")

    def _repr_html_(self) -> str:
        return self._shown("html")

    def _shown(self, form: str) -> str:
        return str(getattr(_above("render.overview"), form)(self))

    @property
    def manifests(self) -> list[dict[str, Any]]:
        """What made each suite's results."""
        return [read_manifest(folder) for folder in self.folders]


def _above(module: str) -> Any:
    """A module that draws. Named, not imported: it stands on a floor above this one, and only who looks needs it."""
    return importlib.import_module(f"albench.{module}")


def load(*folders: str | Path | Sequence[str | Path]) -> Results:
    """Read results.

    Parameters
    ----------
    folders
        Suite folders, folders of suites, or archives of ``albench export``, or a list of them; ``results`` where none
        is given.

    Raises
    ------
    StoreError
        Where there are none, or what is there cannot be read.
    """
    unpacked: list[Path] = []

    def room() -> Path:
        unpacked.append(Path(tempfile.mkdtemp(prefix="albench-")))
        return unpacked[-1]

    try:
        results = _read_all(opened(check_folders(folders or ("results",)), room))
    except BaseException:
        _remove(unpacked)
        raise
    weakref.finalize(results, _remove, unpacked)
    return results


def load_run(folder: Path, keys: Collection[str]) -> Results:
    """All that a suite's folder holds after a run; of copies of a trial that of the run's ``keys`` is there."""
    return _read_all([Opened(folder, str(folder))], keys)


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@unlooked()
def _read_all(suites: Sequence[Opened], first: Collection[str] = ()) -> Results:
    import numpy as np
    import pandas as pd

    without = [suite.where for suite in suites if not (suite.folder / "trials").is_dir()]
    if without and len(without) == len(suites):
        raise StoreError(f"{without[0]} holds no records, only its manifest: make them with the command that it names.")
    manifests = {suite.where: read_manifest(suite.folder) for suite in suites}
    found = ((suite, folder) for suite in suites for folder in trial_folders(suite.folder))
    read = [(suite, folder, suite.read(folder, lists=())) for suite, folder in found]
    with _as_written(", ".join(suite.where for suite in suites)):
        aliases, notes = united(manifests, [files.facts for _, _, files in read if files.records])
        names = names_of([(suite.where, files.facts) for suite, _, files in read], aliases)
        begun = [text for suite in suites if (text := _not_begun(suite, manifests[suite.where], read))]
        read, equal, differing = once(read, first)
    caveats = [
        *differing,
        *begun,
        *(f"{where} holds no records, only its manifest: it is not here." for where in without),
    ]
    notes += [*names.notes, *equal, *caveats]
    common: list[dict[str, Any]] = []
    rounds: list[dict[str, Any]] = []
    settings: list[dict[str, Any]] = []
    n_rows: list[int] = []
    failed: list[dict[str, Any]] = []
    trials: dict[Path, dict[str, str]] = {}
    often = Counter(suite.folder.name for suite in suites)
    for suite, folder, files in read:
        with _as_written(suite.place(folder)):
            called = names.of(files.facts)
            name = suite.folder.name if often[suite.folder.name] == 1 else suite.where
            manifest = manifests[suite.where]
            looks = looks_text(manifest, files.facts["protocol_hash"])
            rows = rows_of(name, files, manifest.get("datasets", {}), called, looks)
        trials[folder] = {**called, "suite": name}
        common.append(rows.common)
        rounds += rows.rounds
        n_rows.append(len(rows.rounds))
        settings.append({f"protocol.{name}": value for name, value in {**LATER, **files.facts["protocol"]}.items()})
        failed += [rows.failed] if rows.failed else []
    frame = pd.DataFrame(columns=["suite", *NAMES, "protocol", "device", "round", "n_labeled", "run"])
    if rounds:  # what is the same in all of a trial's rounds is built once a trial
        trial = np.repeat(np.arange(len(n_rows)), n_rows)
        of_trials = [pd.DataFrame(each).loc[trial].reset_index(drop=True) for each in (common, settings)]
        frame = pd.concat([of_trials[0], pd.DataFrame(rounds), of_trials[1]], axis=1)
    ends = ["suite", *NAMES, "protocol", "status", "reason"]
    folders = tuple(suite.folder for suite in suites)
    return Results(folders, frame, pd.DataFrame(failed, columns=ends), aliases, tuple(notes), trials, tuple(caveats))


def _not_begun(suite: Opened, manifest: dict[str, Any], read: Sequence[Read]) -> str:
    if not (suite.folder / "trials").is_dir():  # said of the whole suite
        return ""
    return not_begun_words(suite.where, manifest, [(at, files.status) for of, at, files in read if of is suite])


@contextlib.contextmanager
def _as_written(where: str) -> Iterator[None]:
    """One line where a file does not hold what albench writes."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise StoreError(
            f"{where} does not hold what albench writes ({type(error).__name__}: {error}): delete it, or take the "
            "results anew."
        ) from None
