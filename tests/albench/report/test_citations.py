"""Papers: each with authors and a title, cited once beside albench."""

from __future__ import annotations

from albench.components.registry import registry
from albench.report.citations import bibtex, citations


def test_every_paper_of_albench_has_its_authors_and_title() -> None:
    components = [
        c for c in registry().components() if c.kind in ("method", "strategy") and c.distribution == "albench"
    ]
    found = citations((c.kind, c.name) for c in components)
    assert len(found) == sum(bool(c.paper) for c in components) > 40
    assert [source.name for source in found if not source.title or not source.authors] == []
    badge = next(source for source in found if source.name == "badge")
    assert badge.authors == ("Ash", "Zhang", "Krishnamurthy", "Langford", "Agarwal")
    assert badge.arxiv == "1906.03671"


def test_bibtex_names_albench_with_its_version_and_each_paper_once() -> None:
    text = bibtex(citations([("strategy", "badge"), ("method", "pseudo-label")]), "1.2.3")
    assert text.count("@misc{") == 2
    assert "version = {1.2.3}" in text
    assert "@misc{ash2020badge,\n  author = {Ash and Zhang and Krishnamurthy and Langford and Agarwal}," in text
    assert "year = {2013}" in text
    assert text.count("{") == text.count("}")
