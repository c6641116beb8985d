"""Registers the built-in methods; imports none of them."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the methods."""
    add.method("supervised", "albench_ssl.supervised:Supervised", "labelled items only: the floor to beat")
    add.method("pseudo-label", "albench_ssl.pseudo_label:PseudoLabel", "trust confident predictions as labels")
    add.method("fixmatch", "albench_ssl.fixmatch:FixMatch", "confident weak view labels the strong view")
    add.method("boostmis", "albench_ssl.boostmis:BoostMIS", "FixMatch whose threshold follows learning and queries")
