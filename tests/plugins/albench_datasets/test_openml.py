"""OpenML's tables, downloaded by scikit-learn from a local server in OpenML's published layout."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_server import Files, serving

from albench.api import DataError, DownloadError
from albench.components.registry import registry
from albench.components.spec import parse
from albench.data.download import Plainly
from albench.data.fetch import fetch_missing
from albench_datasets.tables.openml import OpenMl

COLUMNS = {"id": "numeric", "age": "numeric", "colour": "{red,blue}", "class": "{good,bad}"}


def arff() -> bytes:
    rng = np.random.default_rng(0)
    ages = ["?" if row % 9 == 0 else str(rng.integers(20, 80)) for row in range(60)]
    rows = [f"{row},{age},{rng.choice(['red', 'blue'])},{rng.choice(['good', 'bad'])}" for row, age in enumerate(ages)]
    head = [f"@attribute {name} {kind}" for name, kind in COLUMNS.items()]
    return "\n".join(["@relation mini", *head, "@data", *rows]).encode()


def layout(number: int = 7, version: int = 1, body: bytes | None = None) -> dict[str, bytes]:
    """What OpenML answers of a table of sixty rows."""
    table = arff()
    facts = {
        "id": str(number), "name": "Mini", "version": str(version), "status": "active", "format": "ARFF",
        "licence": "CC0", "file_id": "9", "description": "small", "url": f"https://www.openml.org/data/v1/download/{number}/mini.arff",
        "md5_checksum": hashlib.md5(table).hexdigest(),
    }  # fmt: skip
    features = [
        {
            "index": str(place), "name": name, "data_type": "numeric" if kind == "numeric" else "nominal",
            "is_target": str(name == "class").lower(), "is_ignore": "false",
            "is_row_identifier": str(name == "id").lower(), "number_of_missing_values": "0",
            "nominal_value": kind.strip("{}").split(",") if kind.startswith("{") else [],
        }
        for place, (name, kind) in enumerate(COLUMNS.items())
    ]  # fmt: skip
    answers: dict[str, Any] = {
        f"api/v1/json/data/{number}": {"data_set_description": facts},
        f"api/v1/json/data/features/{number}": {"data_features": {"feature": features}},
        f"api/v1/json/data/qualities/{number}": {
            "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "60.0"}]}
        },
    }
    found = {path: json.dumps(answer).encode() for path, answer in answers.items()}
    return found | {f"data/v1/download/{number}/mini.arff": table if body is None else body}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Files]:
    """In the place of openml.org; nothing of the user's is looked at."""
    for name in ("ALBENCH_DATA", "ALBENCH_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _name: str(tmp_path / "cache"))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda _name: str(tmp_path / "data"))
    with serving() as files:

        def here(request: Any) -> Any:
            return urllib.request.urlopen(request.full_url.replace("https://www.openml.org/", files.url))

        monkeypatch.setattr("sklearn.datasets._openml.urlopen", here)
        files.held |= layout()
        yield files


def get(spec: str, **how: bool) -> None:
    fetch_missing([parse(spec)], registry(()), None, Plainly(), **how)


def test_a_table_is_downloaded_once_and_read_as_its_page_says(server: Files) -> None:
    dataset = OpenMl(id=7)
    assert not dataset.find(None)
    with pytest.raises(
        DataError, match=r"openml\[id=7\]: it is not here: albench data fetch 'openml\[id=7\]' downloads it"
    ):
        dataset.load(None)
    assert not server.asked
    get("openml[id=7]")
    asked = len(server.asked)
    get("openml[id=7]")
    splits = dataset.load(None)
    assert len(server.asked) == asked
    assert splits.task.class_names == ("good", "bad")
    assert splits.task.shape == (4,)  # age and where it is missing, two colours; not the row's number
    assert "OpenML 7: Mini, version 1, licence CC0" in splits.how_read
    assert "not read, as its page says: id" in splits.how_read
    assert dataset.verify(None) == []
    assert OpenMl(id=7, target="colour").load(None).task.class_names == ("red", "blue")


def test_a_name_is_found_with_its_version(server: Files) -> None:
    listed = {"data": {"dataset": [{"did": 7, "name": "Mini", "version": 1, "status": "active"}]}}
    server.held["api/v1/json/data/list/data_name/mini/limit/2/status/active/"] = json.dumps(listed).encode()
    get("openml[name=mini]")
    assert OpenMl(name="MINI").find(None)
    assert not OpenMl(name="mini", version=2).find(None)
    server.held |= layout(8, 2)
    get("openml[id=8]")
    assert OpenMl(name="mini", version=2).load(None).task.pool_size == OpenMl(id=8).load(None).task.pool_size
    with pytest.raises(DataError, match=r"openml\[name=mini\]: versions 1, 2 are here: version=NUMBER names one"):
        OpenMl(name="mini").load(None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (layout(body=b"another"), r"openml\[id=7\]: it cannot be had \(The md5 checksum of the file .* does not match"),
        ({"api/v1/json/data/7": b""}, r"openml\[id=7\]: it cannot be had \(.*\): run the same command again"),
    ],
)
def test_what_is_not_whole_is_not_kept(server: Files, tmp_path: Path, change: dict[str, bytes], says: str) -> None:
    server.held |= change
    with pytest.raises(DownloadError, match=says):
        get("openml[id=7]")
    assert not OpenMl(id=7).find(None)
    assert not [path for path in (tmp_path / "cache" / "data" / "openml").iterdir() if path.suffix != ".lock"]


def test_a_server_that_does_not_answer_and_a_number_of_nothing_are_told(server: Files) -> None:
    server.status |= dict.fromkeys(server.held, 503)
    with pytest.raises(DownloadError, match=r"it cannot be had \(HTTP Error 503"):
        get("openml[id=7]")
    server.status["api/v1/json/data/7"] = 412
    with pytest.raises(DownloadError, match=r"it cannot be had \(Dataset with data_id 7 not found"):
        get("openml[id=7]")


def test_nothing_is_asked_offline(server: Files) -> None:
    with pytest.raises(DataError, match=r"no such data of openml\[id=7\] in .*openml, and nothing is downloaded"):
        get("openml[id=7]", offline=True)
    assert not server.asked


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, r"write openml\[id=NUMBER\] or openml\[name=NAME,version=NUMBER\], and not both"),
        ({"id": 7, "name": "mini"}, r"and not both"),
        ({"id": 7, "version": 1}, r"openml\[id=7\]: it is of one version; leave version out"),
    ],
)
def test_what_names_no_table_is_told(options: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        OpenMl(**options).find(None)
