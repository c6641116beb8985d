"""The libraries inside the page: what they say they are, licensed to be passed on, and part of what is installed."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from albench.errors import AlbenchError
from albench.report import vendor
from albench.report.page import PLOT_STYLE
from albench.report.vendor import FOLDER, Library, libraries, script

ROOT = Path(__file__).parents[3]
PERMISSIVE = {"ISC", "MIT", "BSD-3-Clause", "Apache-2.0"}


@pytest.mark.parametrize("library", libraries(), ids=lambda library: library.name)
def test_a_library_is_the_file_that_its_checksum_names_and_may_be_passed_on(library: Library) -> None:
    code = (FOLDER / library.file).read_bytes()
    assert hashlib.sha256(code).hexdigest() == library.sha256
    assert library.version in code[:200].decode()
    assert library.licence in PERMISSIVE
    licence = (FOLDER / library.licence_file).read_text(encoding="utf-8")
    assert hashlib.sha256(licence.encode()).hexdigest() == library.licence_sha256
    assert licence.startswith("Copyright ")
    assert "Permission to use, copy, modify, and/or distribute this software" in licence
    assert "appear in all copies" in licence


@pytest.mark.parametrize("library", libraries(), ids=lambda library: library.name)
def test_a_library_stands_in_the_page_with_its_licence_and_ends_no_element(library: Library) -> None:
    text = script(library)
    assert "this permission notice appear in all copies" in text
    assert text.endswith((FOLDER / library.file).read_text(encoding="utf-8"))
    assert not re.search(r"</script|<!--", text, re.IGNORECASE)


def test_a_library_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    first = libraries()[0]
    (tmp_path / first.file).write_bytes(b"// other\n" + (tmp_path / first.file).read_bytes())
    monkeypatch.setattr(vendor, "FOLDER", tmp_path)
    with pytest.raises(AlbenchError, match=f"{first.file} is not the file that albench ships"):
        script(first)


def test_nothing_else_lies_beside_them() -> None:
    known = {"vendor.json"} | {name for one in libraries() for name in (one.file, one.licence_file)}
    assert {file.name for file in FOLDER.iterdir()} == known


def test_what_the_page_is_made_of_is_installed_with_it() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folder = ROOT / "albench" / "report"
    shipped = {file for pattern in patterns["package-data"]["albench.report"] for file in folder.glob(pattern)}
    assert {file for file in (folder / "page").rglob("*") if file.is_file()} <= shipped


def test_the_style_that_the_policy_admits_is_the_library_s() -> None:
    plot = (FOLDER / "plot.umd.min.js").read_text(encoding="utf-8")
    template = PLOT_STYLE.replace(".plot", ".${c}").replace("\n", "\\n")
    assert template in plot
