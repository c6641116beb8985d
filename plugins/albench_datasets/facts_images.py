"""What is published of MNIST, Fashion-MNIST, CIFAR, SVHN and STL-10: the one place of their addresses and checksums.

Sizes and SHA-256 sums are those that TensorFlow Datasets records (``tensorflow_datasets/url_checksums`` of its
repository); counts of classes were compared with what several repositories that count them print.
"""

from __future__ import annotations

from dataclasses import replace

from albench.api import Published, Remote

NONE_STATED = "none stated"
_MNIST = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
_FASHION = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
_CIFAR = ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/")
_SVHN = ("http://ufldl.stanford.edu/housenumbers/",)
_STL = ("http://ai.stanford.edu/~acoates/stl10/", "https://cs.stanford.edu/~acoates/stl10/")


def _remote(name: str, sha256: str, size: int, *, at: tuple[str, ...]) -> Remote:
    return Remote(name, tuple(f"{url}{name}" for url in at), f"sha256:{sha256}", size)


_TEST_PART = (
    _remote(
        "t10k-images-idx3-ubyte.gz",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        1_648_877,
        at=_MNIST,
    ),
    _remote(
        "t10k-labels-idx1-ubyte.gz",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        4_542,
        at=_MNIST,
    ),
)
_MNIST_TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
_MNIST_MAKERS = (
    "LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition, "
    "Proceedings of the IEEE 86(11)"
)
_MNIST_LICENCE = "CC BY-SA 3.0"  # as Keras reports; none lies with the files

MNIST = Published(
    spec="mnist",
    title="handwritten digits, 28 x 28 grey",
    n_classes=10,
    items={"train": 60_000, "test": 10_000},
    per_class={"train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949), "test": _MNIST_TEST},
    licence=_MNIST_LICENCE,
    citation=_MNIST_MAKERS,
    homepage="http://yann.lecun.com/exdb/mnist/",
    files=(
        _remote(
            "train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            9_912_422,
            at=_MNIST,
        ),
        _remote(
            "train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            28_881,
            at=_MNIST,
        ),
        *_TEST_PART,
    ),
    subfolders=("mnist", "MNIST/raw"),
)
MNIST_TEST_PART = Published(
    spec="mnist[part=t10k]",
    title="MNIST's 10,000 test images alone, split here",
    n_classes=10,
    items={"": 10_000},
    per_class={"": _MNIST_TEST},
    licence=_MNIST_LICENCE,
    citation=_MNIST_MAKERS,
    homepage=MNIST.homepage,
    files=_TEST_PART,
    subfolders=MNIST.subfolders,
)
FASHION_MNIST = Published(
    spec="fashion-mnist",
    title="pictures of clothes, 28 x 28 grey",
    n_classes=10,
    items={"train": 60_000, "test": 10_000},
    per_class={"train": (6000,) * 10, "test": (1000,) * 10},
    licence="MIT",
    citation="Xiao, Rasul and Vollgraf 2017, Fashion-MNIST, arXiv 1708.07747",
    homepage="https://github.com/zalandoresearch/fashion-mnist",
    files=(
        _remote(
            "train-images-idx3-ubyte.gz",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            26_421_880,
            at=_FASHION,
        ),
        _remote(
            "train-labels-idx1-ubyte.gz",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            29_515,
            at=_FASHION,
        ),
        _remote(
            "t10k-images-idx3-ubyte.gz",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            4_422_102,
            at=_FASHION,
        ),
        _remote(
            "t10k-labels-idx1-ubyte.gz",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            5_148,
            at=_FASHION,
        ),
    ),
    subfolders=("fashion-mnist", "FashionMNIST/raw"),
)
_KRIZHEVSKY = "Krizhevsky 2009, Learning multiple layers of features from tiny images, University of Toronto"
CIFAR10 = Published(
    spec="cifar10",
    title="photographs of ten kinds of things, 32 x 32 colour",
    n_classes=10,
    items={"train": 50_000, "test": 10_000},
    per_class={"train": (5000,) * 10, "test": (1000,) * 10},
    licence=NONE_STATED,
    citation=_KRIZHEVSKY,
    homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
    files=(
        _remote(
            "cifar-10-binary.tar.gz",
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            170_052_171,
            at=_CIFAR,
        ),
    ),
    subfolders=("cifar10",),
    unpacked=(
        *(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)),
        "cifar-10-batches-bin/test_batch.bin",
    ),
)
_CIFAR100_FILES = (
    _remote(
        "cifar-100-binary.tar.gz",
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        168_513_733,
        at=_CIFAR,
    ),
)
CIFAR100 = Published(
    spec="cifar100",
    title="photographs of a hundred kinds of things, 32 x 32 colour",
    n_classes=100,
    items=CIFAR10.items,
    per_class={"train": (500,) * 100, "test": (100,) * 100},
    licence=CIFAR10.licence,
    citation=_KRIZHEVSKY,
    homepage=CIFAR10.homepage,
    files=_CIFAR100_FILES,
    subfolders=("cifar100",),
    unpacked=("cifar-100-binary/train.bin", "cifar-100-binary/test.bin"),
)
CIFAR100_COARSE = replace(
    CIFAR100,
    spec="cifar100[labels=coarse]",
    title="the same photographs in twenty superclasses",
    n_classes=20,
    per_class={"train": (2500,) * 20, "test": (500,) * 20},
)
SVHN = Published(
    spec="svhn",
    title="digits of house numbers in photographs, 32 x 32 colour",
    n_classes=10,
    items={"train": 73_257, "test": 26_032},
    per_class={
        "train": (4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659),
        "test": (1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595),
    },
    licence="non-commercial",
    citation=(
        "Netzer, Wang, Coates, Bissacco, Wu and Ng 2011, Reading digits in natural images with unsupervised feature "
        "learning, NIPS Workshop on Deep Learning and Unsupervised Feature Learning"
    ),
    homepage="http://ufldl.stanford.edu/housenumbers/",
    files=(
        _remote(
            "train_32x32.mat",
            "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
            182_040_794,
            at=_SVHN,
        ),
        _remote(
            "test_32x32.mat",
            "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            64_275_384,
            at=_SVHN,
        ),
    ),
    subfolders=("svhn",),
)
STL10 = Published(
    spec="stl10",
    title="photographs of ten kinds of things, 96 x 96 colour",
    n_classes=10,
    items={"train": 5_000, "test": 8_000},
    per_class={"train": (500,) * 10, "test": (800,) * 10},
    licence=NONE_STATED,
    citation=(
        "Coates, Lee and Ng 2011, An analysis of single-layer networks in unsupervised feature learning, AISTATS"
    ),
    homepage="https://cs.stanford.edu/~acoates/stl10/",
    files=(
        _remote(
            "stl10_binary.tar.gz",
            "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
            2_640_397_119,
            at=_STL,
        ),
    ),
    subfolders=("stl10",),
    unpacked=tuple(f"stl10_binary/{split}_{kind}.bin" for split in ("train", "test") for kind in "Xy"),
)
STL10_WITH_UNLABELED = replace(
    STL10,
    spec="stl10[unlabeled=true]",
    title="the same with 100,000 images that have no labels",
    items={**STL10.items, "unlabeled": 100_000},
    unpacked=(*STL10.unpacked, "stl10_binary/unlabeled_X.bin"),
)

# what 'albench data list' shows of each
OF_MNIST = (MNIST, MNIST_TEST_PART)
OF_FASHION_MNIST = (FASHION_MNIST,)
OF_CIFAR10 = (CIFAR10,)
OF_CIFAR100 = (CIFAR100, CIFAR100_COARSE)
OF_SVHN = (SVHN,)
OF_STL10 = (STL10, STL10_WITH_UNLABELED)
