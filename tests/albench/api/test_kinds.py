"""Kinds and the version of what plugins may use are plain words."""

from __future__ import annotations

import re
from typing import get_args

from albench.api import API_VERSION, KINDS, Kind


def test_each_kind_is_named_once() -> None:
    assert get_args(Kind) == KINDS
    assert len(set(KINDS)) == len(KINDS)


def test_the_version_is_one_of_two_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+", API_VERSION)
