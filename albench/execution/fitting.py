"""Options of a data set's views that the size of its items decides."""

from __future__ import annotations

from collections.abc import Mapping

from albench.components.fields import canonical
from albench.components.spec import parse
from albench.data.loading import Data
from albench.results.inventory import Inventory
from albench.suite import views
from albench.suite.identity import without_places
from albench.suite.trials import FIXED_SHIFT


def fitted(data: Mapping[str, Data], inventory: Inventory) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Options that the size of the items decides, by data set; a folder goes on with those that it began with."""
    found, notes = {}, []
    for spec, loaded in data.items():
        fits = views.fitted(loaded.dataset, loaded.splits.task)
        before = views.before(loaded.dataset, fits)
        if fits != before:
            name = parse(spec).name
            stored = _resolved_before(inventory, spec, loaded.hash)
            now, then = (without_places(canonical(name, loaded.dataset, each)) for each in (fits, before))
            if then in stored - {now}:
                notes.append(
                    f"{spec}: views shift by {FIXED_SHIFT} pixels, as {inventory.folder} began; "
                    f"{fits['shift']} would fit its images: use --name for a new suite."
                )
                fits = before
        found[spec] = fits
    return found, notes


def _resolved_before(inventory: Inventory, dataset: str, data_hash: str) -> set[str]:
    """The data set with every option but its place, of the trials of the folder that name it so or hold its data.

    Parameters
    ----------
    data_hash
        Of what it holds now.
    """
    return {
        without_places(str(trial.facts.get("resolved", {}).get("dataset")))
        for trial in inventory.begun()
        if trial.facts["dataset"] == dataset or trial.facts.get("data_hash") == data_hash
    }
