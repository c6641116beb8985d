"""Training code whose numbers are those of today's: trials that it began go on, and count as complete.

Whatever decides numbers has a hash (``albench.results.provenance.DECIDES``), and a trial that other code made is not
gone on with. An edit that leaves every number as it was, a file that moves or a comment, would part old results from
new ones for nothing. ``benchmarks/same_records.py`` says whether it did; where it did, NOW goes into SAME before it is
renewed, and where it did not SAME is emptied. A test holds NOW against the code.
"""

from __future__ import annotations

NOW = "927a965e78561bbd"
"""Hash of today's training code."""
SAME: frozenset[str] = frozenset(
    {
        *("b01789dccf6d9c2f", "d034948452065371", "d0f3c021aace16e8", "dcfe7fe89691fe03", "84253ab96e8a8938"),
        *("df8a1c4d65b11128", "2a9dd62cd96a4ae8", "8e90b353b929e977", "d702f3070110c83f", "43ce0495b3cd8da8"),
        *("b328834b60114084", "25b0910081045253"),
    }
)
"""Hashes of earlier training code that gave the same records, byte for byte."""


def as_now(core: str, now: str) -> str:
    """The hash that stands for some training code: today's, where its numbers are today's."""
    return now if now == NOW and core in SAME else core
