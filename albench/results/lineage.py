"""Training code whose numbers are those of today's: trials that it began go on, and count as complete.

Whatever decides numbers has a hash (``albench.results.provenance.DECIDES``), and a trial that other code made is not
gone on with. An edit that leaves every number as it was, a file that moves or a comment, would part old results from
new ones for nothing. ``benchmarks/same_records.py`` says whether it did; where it did, NOW goes into SAME before it is
renewed, and where it did not SAME is emptied. A test holds NOW against the code. The files of albench's own plugins are
kept in the same way, each for itself, in PLUGINS.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from albench.components.code_files import CORE

NOW = "acdafd30c1916e8d"
"""Hash of today's training code."""
SAME: frozenset[str] = frozenset(
    {
        "f0890bb524a11549",
        "64a263be2d9f576e",
        "f73db580b75ce40d",
        "e812efd6a0e1f546",
        "9861d2774534dafd",
        "3e5965b80a365219",
        "093bf8304d316c28",
        "7346964985cb4d01",
        "4be466a9813ad2ae",
        "a9428e967b535c24",
        "e1b001c28ad70516",
        "895154a0febee199",
        "eb683c9f9613740e",
        "4b4ad7038cb01eaf",
        "276d796bc66d0e70",
        "f934dc2cfbe78966",
        "5a75ce89b9928784",
        "962d74ad06103e93",
        "a29e816380d399f8",
        "fa90ec73848ab0b9",
        "76029427a047721f",
        "8a3eaf7b4c07da8a",
        "36124cf37dfed57f",
        "3f92eace1cf59c34",
        "7c93a08fe86c0ead",
        "d2f92ea8d3ea7841",
        "f169b486a90891dc",
        "6165666c8c785ab6",
        "b51e35f915234eef",
        "783686d623c3d9f2",
        "711f67af24b7301c",
        "6963f74c08a8d3f4",
        "b77fa922139bf62e",
        "4abe76cdd10c7f10",
        "5666dee6ffce95c3",
        "44b58f754f721724",
        "f014cc9571feb869",
        "a504a53e9d408b66",
        "c75b3ae68dfe0e33",
        "88839eb29747de7d",
        "cef1e7c30a6eb5b0",
        "833cd1f967789c39",
        "d1dafa6030ce41bc",
    }
)
"""Hashes of earlier training code that gave the same records, byte for byte."""
NOT_THERE = ""
"""In place of a hash: what the file holds was in another one then."""
PLUGINS: dict[str, tuple[str, frozenset[str]]] = {
    "albench/kernels/best_keys.py": ("5e460baf54b384c1", frozenset({NOT_THERE})),
    "albench/kernels/cover_graph.py": ("d3d73d954dcf01f8", frozenset({NOT_THERE, "6184e15fc88cd034"})),
    "albench/kernels/finite.py": ("742a9ee086e95507", frozenset({NOT_THERE, "47a142d5e7a16815", "759c4b273de0b714"})),
    "albench/kernels/groups.py": ("032b6ca6cd6ce0b3", frozenset({NOT_THERE})),
    "albench/kernels/kcenter.py": ("c9bc38d99bb63590", frozenset({"5a0431fd2a029c96"})),
    "albench/kernels/kmeans.py": (
        "3e59d01b46b7d4f3",
        frozenset({NOT_THERE, "360e1b96731c664b", "377923685e8e7d14", "f6a15977fd07d9ea"}),
    ),
    "albench/kernels/kmeans_bounds.py": ("315a0e1553d9107a", frozenset({NOT_THERE, "dbd80b8b6cc985b2"})),
    "albench/kernels/kmeans_rounds.py": ("0969829cc6e8dcf7", frozenset({NOT_THERE})),
    "albench/kernels/kmeans_seeds.py": (
        "9ca8337ef0c6b511",
        frozenset({NOT_THERE, "26bf20eb963ac7af", "cce21980fa2d78fb"}),
    ),
    "albench/kernels/kmeanspp.py": ("c3ca39fae2420ba5", frozenset({"36338861732f539d", "c221a225f03bb115"})),
    "albench/kernels/lanes.py": ("64efe0adfe85beca", frozenset({NOT_THERE, "149a10c62e915a7e", "515e3c204c91f85f"})),
    "albench/kernels/leading.py": ("ec670d146b3cdb2c", frozenset({NOT_THERE})),
    "albench/kernels/likely.py": ("de8199f8322ae0b0", frozenset({NOT_THERE})),
    "albench/kernels/neighbor_bounds.py": (
        "d8965686cc8ad3a8",
        frozenset({NOT_THERE, "0bdb98c04f66be6d", "a3718b175746448a", "d6f68935aa482e8a", "fbd50471713c43e2"}),
    ),
    "albench/kernels/neighbors.py": (
        "723f575d589ab8d7",
        frozenset(
            {
                NOT_THERE,
                "044f95f734fc9188",
                "304ed7bac2771db2",
                "8bf159a6de5e9594",
                "a54f0847885fb73c",
                "b4425269381bfa72",
                "be3a71f21f58c50b",
            }
        ),
    ),
    "albench/kernels/ordering.py": ("94526f98c7e5f017", frozenset({NOT_THERE})),
    "albench/kernels/pairs.py": ("d6baeee1cc0185b1", frozenset({NOT_THERE})),
    "albench/kernels/samples.py": ("cb7a761d166d9d8d", frozenset({NOT_THERE, "7ef2a6058cb5f43a"})),
    "albench/kernels/scores.py": ("09f66964655f014f", frozenset({NOT_THERE, "5fb17936347b23ed", "f7c9e706bfa16bb4"})),
    "albench/kernels/sending.py": ("672167f970844993", frozenset({NOT_THERE, "f147cffa8eb681e7"})),
    "albench/kernels/settled.py": ("fdcdb20cc15e8f15", frozenset({NOT_THERE, "1e1392866190d5fd"})),
    "albench/kernels/settled_information.py": ("10abead49dc5e097", frozenset({})),
    "albench/kernels/sums.py": ("ce566531a863decd", frozenset({NOT_THERE})),
    "albench/kernels/topk.py": (
        "685a4a2e3b7a9a64",
        frozenset({NOT_THERE, "6da67abf1e46bd68", "a7a90fa01b7ae60f", "a7c57bd9825ee72b", "d895ca76623339f5"}),
    ),
    "albench/kernels/unit.py": ("828a6cea9edc96fe", frozenset({NOT_THERE, "28d9805c2387fbf9", "4787ff2ed2510045"})),
    "albench_backbones/build.py": ("8254c9c42290e181", frozenset({"e568872300495e75"})),
    "albench_backbones/cnn.py": ("3d880131efe690f9", frozenset({"fad0eb372838e287"})),
    "albench_backbones/mlp.py": (
        "179dd64b29f32be7",
        frozenset({"0997a188edcc0696", "7e9bc00eb8d991f1", "9dd52cd984b95736"}),
    ),
    "albench_backbones/resnet.py": ("b22c9f74c8f892fb", frozenset({"791d698e63bf0adb"})),
    "albench_backbones/wrn.py": ("2898cffb7b0624e7", frozenset({"4f9ca638950ee44b"})),
    "albench_boostmis/annotate.py": ("7caad7aff984bc5e", frozenset({"3cb8a48dda98cb54", "98a61d6680ac736f"})),
    "albench_boostmis/density.py": ("a18ca02251297519", frozenset({"2b1d97ed5a303c76"})),
    "albench_boostmis/uncertain.py": (
        "1a0bc2c83c6561de",
        frozenset({"18f68be0385e8024", "7dd2a1500b01f745", "95f70082ccf46e0b", "d40da01e788ba043"}),
    ),
    "albench_boostmis/vat.py": ("104c5174a92450b5", frozenset({"0e8c426bd5df4d00"})),
    "albench_diversity/herding.py": (
        "35d1638ee2187c6e",
        frozenset({"592e0fe03ffe39d7", "b9f5b1b7f93ba406", "bff33cbf29aa91a7", "d974fbd63a47e361"}),
    ),
    "albench_diversity/probcover.py": (
        "383c54db1c645c0c",
        frozenset({"5392a5ffb58d1211", "6064c0230ed84f1e", "67c27c1e3ed2059e", "f7edea34ca9f5e0e"}),
    ),
    "albench_diversity/typiclust.py": ("ebc0f81abd9ff34b", frozenset({"5e4b81e7bc200db6"})),
    "albench_encoders/efficientnet.py": ("1b9f70c40e1b7cd5", frozenset({"8126f22ebae835bd", "9165301bb55aba76"})),
    "albench_encoders/images.py": ("4f8649da04f1bee7", frozenset({"48e84bdbf8248e3a"})),
    "albench_encoders/libraries.py": ("f4224dad9d54d8dc", frozenset({"eb387ad71247b30e", "ebb3aa537d9a4cd4"})),
    "albench_encoders/wordllama_.py": ("facc1d3f753b65cc", frozenset({"06461b0c0531ff01"})),
    "albench_estimators/boosting.py": ("552425b027344eb2", frozenset({"9994858eb47ddbf4"})),
    "albench_estimators/library.py": ("6091f11037421aef", frozenset({"5d65e1ddc4efc60b", "dfd9d9717d6126c7"})),
    "albench_estimators/self_training.py": ("95112870ab09831d", frozenset({"0f276701f5fd6784"})),
    "albench_estimators/tabpfn_.py": ("9b3e42f08bba18aa", frozenset({"f4abf3bc67dad3f7"})),
    "albench_hybrid/__init__.py": ("b87c1f58d78bbd0b", frozenset({NOT_THERE})),
    "albench_hybrid/agglomeration.py": ("747f427aed410932", frozenset({NOT_THERE})),
    "albench_hybrid/alfa_mix.py": ("c28bf74fc6df7993", frozenset({"4e9ed00eeaacf1cb", "9b48bbf461137bd9"})),
    "albench_hybrid/badge.py": ("2f8f913eda278e3e", frozenset({"74c23f0be6783bb9"})),
    "albench_hybrid/bait.py": ("d42017fa7fb05711", frozenset({})),
    "albench_hybrid/binary_classifier.py": ("a13213f1d0912267", frozenset({NOT_THERE, "1421a24b4b69668d"})),
    "albench_hybrid/cluster_margin.py": (
        "59035d1d5c2814ab",
        frozenset({"a972eb7dc615e5d1", "b6ceba6bbb121c2e", "b84037365c49529b", "f5eeb770f77adc4e"}),
    ),
    "albench_hybrid/contrastive.py": ("2eb054181da73fb0", frozenset({"414fc8ab7be36ab0", "85cafc247702f4bf"})),
    "albench_hybrid/discriminative.py": (
        "f53109b3eeb35c91",
        frozenset({"0f0cec8f57876249", "1586fcd266baca87", "54e44cdf37bf1be8", "5b5ccefccd0e7a3f", "90bdff27cc121dcc"}),
    ),
    "albench_hybrid/dropquery.py": ("66a1736bf222fb0b", frozenset({"ee53b65e75c24836"})),
    "albench_hybrid/falcun.py": (
        "b59e471033e95ae5",
        frozenset({"49a9e2dd2b1f7b8e", "6927b57559daeb7d", "ebb02513b14cfe70"}),
    ),
    "albench_hybrid/fisher.py": ("f89f004263c2afff", frozenset({})),
    "albench_hybrid/galaxy.py": ("1f0a8f5583930ab3", frozenset({"44f054834e439afe"})),
    "albench_hybrid/information_density.py": ("cf3c6db072601e99", frozenset({"66a69654376493bc"})),
    "albench_ssl/__init__.py": ("e3f8ddd2c2fb54c5", frozenset({NOT_THERE})),
    "albench_ssl/boostmis.py": ("22ee85333b95049b", frozenset({"014c92e302a64b66"})),
    "albench_ssl/crest.py": ("341e1c5b0d79d6c5", frozenset({"0583750d6622609c"})),
    "albench_ssl/dash.py": ("69de668ce0592afa", frozenset({"9edb0dc83e363dbb"})),
    "albench_ssl/daso.py": ("0941d7c6d8f7206b", frozenset({"efb3e65eeda2b2b8"})),
    "albench_ssl/debiaspl.py": ("f08b57a3473d2d4f", frozenset({"85f0471e65d52bd6"})),
    "albench_ssl/entropy_minimization.py": ("1174c263700f4970", frozenset({"5313af62cce80bae"})),
    "albench_ssl/fixmatch.py": ("69bf713c7e61db74", frozenset({"78cc0dc7d51f3716"})),
    "albench_ssl/flexmatch.py": ("be4d432cc35a34eb", frozenset({"b8918c45534986a0"})),
    "albench_ssl/freematch.py": ("386adbb746c3ae6c", frozenset({"ed926bf3b62941c1"})),
    "albench_ssl/losses.py": ("10fde4c6ee196919", frozenset({NOT_THERE, "145e016a99fc5529", "78c7b1455baab4c9"})),
    "albench_ssl/memory.py": (
        "11323870687fb156",
        frozenset({"998b1ad8ae39f593", "9ced1106b61dd259", "a6d7f90a12342319"}),
    ),
    "albench_ssl/pseudo_label.py": ("f347a94ce63e10d1", frozenset({"31233c3b88d67a09"})),
    "albench_ssl/remixmatch.py": ("c7b482d61582709c", frozenset({"7e6e7bb5d879a3ca"})),
    "albench_ssl/running.py": ("afe8cf3c28f364ea", frozenset({"3ee53af08bc9369f"})),
    "albench_ssl/softmatch.py": ("b58dcf8dc1cf8296", frozenset({"c9590f24514059a9"})),
    "albench_ssl/supervised.py": ("cba8a88fb0f932cd", frozenset({"75e77c2a9b364bda", "7a0266cfc329875d"})),
    "albench_ssl/uda.py": ("0e7f85b9a250d4a6", frozenset({"4fb8353940c5d3b4"})),
    "albench_ssl/vat.py": ("2f79997a1e222a1e", frozenset({"a942c923c1e24a6f"})),
    "albench_uncertainty/batch_bald.py": ("b8fde8a5f29bb2b4", frozenset({"22b0217b3f8fd67e"})),
    "albench_uncertainty/candidates.py": (
        "35dfdccf7ff65e78",
        frozenset({NOT_THERE, "895d007285ba9950", "ff1e020db64bad51"}),
    ),
    "albench_uncertainty/dropout.py": (
        "3658327beed6e3d5",
        frozenset({"06cb797776225342", "81ceb9c365f69c0c", "9c0698444c43b165", "a1aaf43ea021ced5"}),
    ),
    "albench_uncertainty/greedy.py": ("0fa9b4404b05b89b", frozenset({NOT_THERE, "74bfc63623643cf3"})),
    "albench_uncertainty/joint.py": ("3c1faf5df06305b5", frozenset({NOT_THERE, "c4e51e32e4150f31"})),
    "albench_uncertainty/scores.py": ("88d7ab8bcd4dfe73", frozenset({"7cafb0eff9dd745b"})),
    "albench_wrappers/balanced.py": ("1d69cf566e313248", frozenset({"53df18e2e0690069"})),
    "albench_wrappers/sharded.py": ("1ca3d559a379df10", frozenset({"40c8cad100c5b909", "70f082cd99b62129"})),
    "albench_wrappers/stochastic.py": ("f068968957b8e8f9", frozenset({"f37ed9cffbc1ed2f", "ff892109770ddbc0"})),
    "albench_wrappers/subsample.py": ("562424ff416fdc2f", frozenset({"cb8dacad74b9e56b"})),
    "albench_ssl/mean_teacher.py": ("11a2304b74752f55", frozenset({"f729d1201caca339"})),
}
"""File of albench's own plugins, or of kernels -> its hash today, and those of earlier code with the same records."""


BESIDE = "albench_encoders/", "albench_estimators/"
"""Packages of which at first all files counted as the code of each component, as they lay beside; most have no part."""


def has_part(file: str, now: Container[str]) -> bool:
    """Whether a file that a trial was made with has a part in what it was made of.

    Parameters
    ----------
    now
        The files that have one today.
    """
    return file in now or not file.startswith(BESIDE)


def as_now(file: str, then: str, now: str) -> str:
    """The hash that stands for what a file, or the core, once held: today's, where its numbers are today's.

    Parameters
    ----------
    file
        Its name in ``made_by``.
    """
    today, same = (NOW, SAME) if file == CORE else PLUGINS.get(file, ("", frozenset()))
    return now if now == today and then in same else then


def files_as_now(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """File -> what it held, of all that has a part in what a component is made of, in the words of today's files.

    Parameters
    ----------
    then, now
        File -> hash, of a component as it was and as it is.
    """
    known = {name: as_now(name, was, now.get(name, "")) for name, was in then.items() if has_part(name, now)}
    moved = {name: as_now(name, NOT_THERE, file) for name, file in now.items() if name not in known}
    return known | {name: file for name, file in moved.items() if file}
