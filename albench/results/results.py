"""Results in memory: tidy tables, and what is made of them."""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from albench.compare.tables import Remark
from albench.errors import StoreError
from albench.item_predictions import fitting, labelled_of, predictions_of
from albench.results.diagnostics import TrialDiagnostics
from albench.results.records import as_written, read_manifest, read_trial
from albench.suite.arguments import check_comparison

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
    diagnostics
        What the records of each of these trials tell beside metrics.
    """

    folders: tuple[Path, ...]
    frame: pd.DataFrame = field(repr=False)
    failed: pd.DataFrame = field(repr=False)
    aliases: dict[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    trials: dict[Path, dict[str, str]] = field(default_factory=dict, repr=False)
    caveats: tuple[str, ...] = ()
    diagnostics: dict[Path, TrialDiagnostics] = field(default_factory=dict, repr=False)

    def only(self, keys: Collection[str]) -> Results:
        """The trials that have these keys alone."""
        frame, failed = (
            part[part["key"].isin(list(keys))].reset_index(drop=True) for part in (self.frame, self.failed)
        )
        trials = {folder: names for folder, names in self.trials.items() if folder.name in keys}
        told = {folder: self.diagnostics[folder] for folder in trials}
        return dataclasses.replace(self, frame=frame, failed=failed, trials=trials, diagnostics=told)

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
        with as_written(f"{suite}/trials/{key}"):
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
