"""What is published of the data sets: complete, consistent, and light to read."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from albench.api import Published
from albench.components.registry import Registry
from albench.components.spec import parse

FACTS = [(c, facts) for c in Registry().components("dataset") if c.distribution == "albench" for facts in c.facts]


@pytest.mark.parametrize("facts", [facts for _, facts in FACTS], ids=lambda facts: facts.spec)
def test_facts_are_complete(facts: Published) -> None:
    assert facts.licence
    assert facts.citation
    assert facts.title
    assert {*facts.per_class} <= {*facts.items}
    for split, counts in facts.per_class.items():
        assert len(counts) == facts.n_classes
        assert sum(counts) == facts.items[split]
    for file in facts.files:
        assert re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", file.checksum)
        assert file.urls
        assert all(re.match(r"https?://", url) for url in file.urls)
    assert bool(facts.files) == bool(facts.subfolders)


@pytest.mark.parametrize(("component", "facts"), FACTS, ids=lambda value: getattr(value, "spec", ""))
def test_a_set_says_of_itself_what_is_listed(component: object, facts: Published) -> None:
    built = Registry().build("dataset", facts.spec)
    assert parse(facts.spec).name == component.name  # type: ignore[attr-defined]
    if facts.files:
        assert built.published() == facts
        assert len(built.class_names) == facts.n_classes


def test_facts_import_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from albench.components.registry import registry\n"
        "assert sum(len(c.facts) for c in registry().components('dataset')) > 20\n"
        "print([name for name in ('torch', 'numpy', 'pandas', 'sklearn', 'scipy', 'pooch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
