"""Options of a data set's views that the size of its items decides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from albench.components.fields import canonical
from albench.components.spec import parse
from albench.data.loading import Data
from albench.execution.agreement import resolved_before
from albench.suite import views
from albench.suite.identity import without_places
from albench.suite.trials import FIXED_SHIFT


def fitted(data: Mapping[str, Data], folder: Path) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Options that the size of the items decides, by data set; a folder goes on with those that it began with."""
    found, notes = {}, []
    for spec, loaded in data.items():
        fits = views.fitted(loaded.dataset, loaded.splits.task)
        before = views.before(loaded.dataset, fits)
        if fits != before:
            name = parse(spec).name
            stored = resolved_before(folder, spec, loaded.hash)
            now, then = (without_places(canonical(name, loaded.dataset, each)) for each in (fits, before))
            if then in stored - {now}:
                notes.append(
                    f"{spec}: views shift by {FIXED_SHIFT} pixels, as {folder} began; "
                    f"{fits['shift']} would fit its images: use --name for a new suite."
                )
                fits = before
        found[spec] = fits
    return found, notes
