"""The comparison as strict JSON at full precision: what is not a number is null, what is not reached "inf"."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from albench.compare.answer import answer

if TYPE_CHECKING:
    from albench.compare import Comparison


def to_text(comparison: Comparison) -> str:
    """The answer's lines and the comparison's fields, as ``albench.compare`` names them; cells by label count."""
    content = {"answer": answer(comparison).lines, **asdict(comparison)}
    for group in content["groups"]:
        for row in (*group["rows"], *group["aside"]):
            row["cells"] = [{"n_labeled": labels, **cell} for labels, cell in row["cells"].items()]
    return json.dumps(_strict(content), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(entry) for entry in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return None if isinstance(value, float) and math.isnan(value) else value
