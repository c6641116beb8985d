"""Registers the data sets."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """The home data set, its stand-in, and two sets to try things on."""
    add.dataset("mescc", "albench_datasets.mescc:Mescc", "MESCC spinal-MRI features as released with BoostMIS")
    add.dataset("mescc-sim", "albench_datasets.mescc_sim:MesccSim", "simulated stand-in for MESCC's features")
    add.dataset("digits", "albench_datasets.digits:Digits", "scikit-learn's 1,797 handwritten digits, 8 x 8 grey")
    add.dataset("npz", "albench_datasets.npz:Npz", "images from a file in the MedMNIST layout: npz[path=FILE]")
