"""JSON: strict, whatever a number is."""

from __future__ import annotations

import json

from rendered import stand_in_records

from albench.compare import compare
from albench.render import render


def test_json_is_strict() -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(render(compare(stand_in_records(n_seeds=1)), "json"), parse_constant=refuse)
