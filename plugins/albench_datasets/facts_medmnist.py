"""What is published of MedMNIST's 2-D sets (Yang et al. 2023): the one place of their addresses and checksums.

MD5 sums, sizes of splits, classes and licences are those of the package ``medmnist`` 3.0.2 (``medmnist/info.py``),
which publishes no sizes of files. Items of each class are given where several repositories print them alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from albench.api import Published, Remote

RECORD = "https://zenodo.org/records/10519652/files/"
SIZES = (28, 64, 128, 224)
CITATION = (
    "Yang, Shi, Wei, Liu, Zhao, Ke, Pfister and Ni 2023, MedMNIST v2, Scientific Data 10:41; "
    "larger than 28 x 28: MedMNIST+, 2024"
)
ORGANS = (
    *("bladder", "femur-left", "femur-right", "heart", "kidney-left", "kidney-right"),
    *("liver", "lung-left", "lung-right", "pancreas", "spleen"),
)


@dataclass(frozen=True)
class Set:
    """One of MedMNIST's sets.

    Attributes
    ----------
    md5
        Of its files, in the order of ``SIZES``.
    items
        Of train, val and test.
    per_class
        Split -> items of each class, where they are known.
    """

    title: str
    classes: tuple[str, ...]
    items: tuple[int, int, int]
    md5: tuple[str, str, str, str]
    ordinal: bool = False
    licence: str = "CC BY 4.0"
    per_class: dict[str, tuple[int, ...]] = field(default_factory=dict)


SETS: dict[str, Set] = {
    "path": Set(
        "tissue patches of colorectal cancer",
        (
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
        (89996, 10004, 7180),
        (
            "a8b06965200029087d5bd730944a56c1",
            "55aa9c1e0525abe5a6b9d8343a507616",
            "ac42d08fb904d92c244187169d1fd1d9",
            "2c51a510bcdc9cf8ddb2af93af1eadec",
        ),
        per_class={"train": (9366, 9509, 10360, 10401, 8006, 12182, 7886, 9401, 12885)},
    ),
    "derma": Set(
        "skin lesions under the dermatoscope",
        (
            "actinic keratoses and intraepithelial carcinoma",
            "basal cell carcinoma",
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
        (7007, 1003, 2005),
        (
            "0744692d530f8e62ec473284d019b0c7",
            "b70a2f5635c6199aeaa28c31d7202e1f",
            "2defd784463fa5243564e855ed717de1",
            "8974907d8e169bef5f5b96bc506ae45d",
        ),
        licence="CC BY-NC 4.0",
        per_class={
            "train": (228, 359, 769, 80, 779, 4693, 99),
            "val": (33, 52, 110, 12, 111, 671, 14),
            "test": (66, 103, 220, 23, 223, 1341, 29),
        },
    ),
    "oct": Set(
        "optical coherence tomograms of the retina",
        ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
        (97477, 10832, 1000),
        (
            "c68d92d5b585d8d81f7112f81e2d0842",
            "e229e9440236b774d9f0dfef9d07bdaf",
            "0a97e76651ace45c5d943ee3f65b63ae",
            "abc493b6d529d5de7569faaef2773ba3",
        ),
    ),
    "pneumonia": Set(
        "children's chest X-rays, pneumonia or none",
        ("normal", "pneumonia"),
        (4708, 524, 624),
        (
            "28209eda62fecd6e6a2d98b1501bb15f",
            "8f4eceb4ccffa70c672198ea285246c6",
            "05b46931834c231683c68f40c47b2971",
            "d6a3c71de1b945ea11211b03746c1fe1",
        ),
        per_class={"train": (1214, 3494), "val": (135, 389), "test": (234, 390)},
    ),
    "retina": Set(
        "retinas in five grades of diabetic retinopathy",
        ("grade 0", "grade 1", "grade 2", "grade 3", "grade 4"),
        (1080, 120, 400),
        (
            "bd4c0672f1bba3e3a89f0e4e876791e4",
            "afda852cc34dcda56f86ad2b2457dbcc",
            "e48e916a24454daf90583d4e6efb1a18",
            "eae7e3b6f3fcbda4ae613ebdcbe35348",
        ),
        ordinal=True,
        per_class={"train": (486, 128, 206, 194, 66), "val": (54, 12, 28, 20, 6), "test": (174, 46, 92, 68, 20)},
    ),
    "breast": Set(
        "ultrasound of the breast, malignant or not",
        ("malignant", "normal, benign"),
        (546, 78, 156),
        (
            "750601b1f35ba3300ea97c75c52ff8f6",
            "742edef2a1fd1524b2efff4bd7ba9364",
            "363e4b3f8d712e9b5de15470a2aaadf1",
            "b56378a6eefa9fed602bb16d192d4c8b",
        ),
        per_class={"train": (147, 399), "val": (21, 57), "test": (42, 114)},
    ),
    "blood": Set(
        "blood cells under the microscope",
        (
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        (11959, 1712, 3421),
        (
            "7053d0359d879ad8a5505303e11de1dc",
            "2b94928a2ae4916078ca51e05b6b800b",
            "adace1e0ed228fccda1f39692059dd4c",
            "b718ff6835fcbdb22ba9eacccd7b2601",
        ),
        per_class={
            "train": (852, 2181, 1085, 2026, 849, 993, 2330, 1643),
            "val": (122, 312, 155, 290, 122, 143, 333, 235),
            "test": (244, 624, 311, 579, 243, 284, 666, 470),
        },
    ),
    "tissue": Set(
        "kidney cortex cells under the microscope",
        (
            "Collecting Duct, Connecting Tubule",
            "Distal Convoluted Tubule",
            "Glomerular endothelial cells",
            "Interstitial endothelial cells",
            "Leukocytes",
            "Podocytes",
            "Proximal Tubule Segments",
            "Thick Ascending Limb",
        ),
        (165466, 23640, 47280),
        (
            "ebe78ee8b05294063de985d821c1c34b",
            "123ece2eba09d0aa5d698fda57103344",
            "61b955355d7425a89687b06cca3ce0c2",
            "b077128c4a949f0a4eb01517f9037b9c",
        ),
    ),
    "organa": Set(
        "organs in axial CT",
        ORGANS,
        (34561, 6491, 17778),
        (
            "68e3f8846a6bd62f0c9bf841c0d9eacc",
            "2dcccc29b88e6da5a01161ef20cda288",
            "eeae80d0a227a8d099027e1b3cfd3b60",
            "50747347e05c87dd3aaf92c49f9f3170",
        ),
    ),
    "organc": Set(
        "organs in coronal CT",
        ORGANS,
        (12975, 2392, 8216),
        (
            "b9ceb9546e10131b32923c5bbeaea2b1",
            "3ce34a8724ea6f548e6db4744d03b6a9",
            "773c1f009daa3fe5d9a2a201b2a7ed94",
            "050f5e875dc056f6768abf94ec9995d1",
        ),
    ),
    "organs": Set(
        "organs in sagittal CT",
        ORGANS,
        (13932, 2452, 8827),
        (
            "9ab87b696fb54e2a387ebe992d6ed5f1",
            "53a6d115339d874c25e309a994ff46d3",
            "ded0c5fa01a95dc4978b956f613e9b8e",
            "b354719e553fbbb2513d5533f52a4cb1",
        ),
    ),
}


def facts(name: str, size: int) -> Published:
    """What is published of a set at one of its sizes."""
    about = SETS[name]
    file = f"{name}mnist.npz" if size == SIZES[0] else f"{name}mnist_{size}.npz"
    return Published(
        spec=f"medmnist[name={name}]" if size == SIZES[0] else f"medmnist[name={name},size={size}]",
        title=f"{about.title}, {size} x {size}",
        n_classes=len(about.classes),
        items=dict(zip(("train", "val", "test"), about.items, strict=True)),
        per_class=about.per_class,
        licence=about.licence,
        citation=CITATION,
        homepage="https://medmnist.com",
        files=(Remote(file, (f"{RECORD}{file}?download=1",), f"md5:{about.md5[SIZES.index(size)]}"),),
        subfolders=("medmnist",),
    )


OF_MEDMNIST = tuple(facts(name, SIZES[0]) for name in SETS)
