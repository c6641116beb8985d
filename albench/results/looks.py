"""The looks that a suite's manifest holds: at which numbers of seeds it was asked whether the comparison is decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from albench.compare.looks import Looks

KEY = "looks"
"""The manifest's: protocol -> ``at`` and ``shares`` of all that are planned, and how many are ``taken``."""


def looks_of(manifest: Mapping[str, Any], protocol: str) -> tuple[Looks, int]:
    """The looks that are planned under a protocol, and how many were taken; none where the number of seeds is fixed."""
    kept = manifest.get(KEY, {}).get(protocol)
    if kept is None:
        return Looks(), 0
    return Looks(tuple(map(int, kept["at"])), tuple(map(float, kept["shares"]))), len(kept["taken"])


def looks_text(manifest: Mapping[str, Any], protocol: str) -> str:
    """The same as the text of the frame's column."""
    return str(looks_of(manifest, protocol)[0])


def farthest(manifest: Mapping[str, Any], protocols: Collection[str]) -> tuple[Looks, int]:
    """Of several protocols the looks of the one of which most were taken."""
    found = [looks_of(manifest, protocol) for protocol in protocols]
    return max(found, key=lambda one: (one[1], len(one[0].at)), default=(Looks(), 0))


def taken_in(manifest: Mapping[str, Any], protocols: Collection[str]) -> tuple[Mapping[str, Any], ...]:
    """The looks that were taken under the protocol of which most were."""
    kept: list[list[Mapping[str, Any]]] = [manifest.get(KEY, {}).get(name, {}).get("taken", []) for name in protocols]
    longest: list[Mapping[str, Any]] = []
    for entries in kept:
        longest = entries if len(entries) > len(longest) else longest
    return tuple(longest)
