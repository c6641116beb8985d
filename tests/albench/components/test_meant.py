"""Who types a file, a folder or a list in the place of a component reads what to type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from albench.api import DataError
from albench.cli.main import main
from albench.components.registry import registry
from albench.errors import UserError
from albench_datasets.features import Features
from albench_datasets.npz import Npz

MARGIN = """
from albench.api import Strategy, hookimpl


class Mine(Strategy):
    def scores(self, view):
        return view.index.float()


@hookimpl
def albench_register(add):
    add.strategy("my-margin", Mine)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    labels = np.arange(20) % 2
    np.savez("vec.npz", features=np.zeros((20, 3), np.float32), labels=labels)
    np.savez("xy.npz", x=np.zeros((20, 4, 4), np.uint8), y=labels)
    Path("arrays").mkdir()
    np.save("arrays/features.npy", np.zeros((20, 3), np.float32))
    np.save("arrays/labels.npy", labels)
    Path("pngs/ill").mkdir(parents=True)
    Image.new("L", (4, 4)).save("pngs/ill/1.png")
    Path("empty").mkdir()
    Path("my_margin.py").write_text(MARGIN)
    Path("broken.py").write_text("1 / 0\n")


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("dataset", "vec.npz", "'vec.npz' is a file: write features[path=vec.npz]."),
        ("dataset", "./vec.npz", "'./vec.npz' is a file: write features[path=vec.npz]."),
        ("dataset", "xy.npz", "'xy.npz' is a file: write npz[path=xy.npz]."),
        ("dataset", "arrays", "'arrays' is a folder: write features[path=arrays]."),
        ("dataset", "pngs", "'pngs' is a folder: write imagefolder[path=pngs]."),
        ("dataset", "empty", "'empty' is a folder that no data set reads as it is"),
        ("dataset", "none.npz", "there is no file or folder none.npz."),
        ("dataset", "features[vec.npz]", "did you mean features[path=vec.npz]?"),
        ("strategy", "random,margin", "-s random -s margin"),
        ("strategy", "my_margin.py", "'my_margin.py' is a file: write --plugin my_margin.py -s my-margin."),
        ("strategy", "./my_margin.py", "write --plugin ./my_margin.py -s my-margin."),
        ("method", "my_margin.py", "is a file that registers no method"),
        ("strategy", "broken.py", "is a file that cannot be used (--plugin broken.py cannot be used: "),
        ("strategy", "none.py", "there is no file none.py."),
        ("method", "none", "-m supervised"),
    ],
)
def test_what_is_meant_is_told(kind: str, text: str, told: str) -> None:
    with pytest.raises(UserError) as refused:
        registry().build(kind, text)  # type: ignore[arg-type]
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_arrays_of_the_other_kind_name_their_reader() -> None:
    with pytest.raises(DataError, match=r"it holds vectors: write features\[path=vec\.npz\]$"):
        Npz(path="vec.npz").load(None)
    with pytest.raises(DataError, match=r"it holds images: write npz\[path=xy\.npz\]$"):
        Features(path="xy.npz").load(None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "pngs"], "pngs is no suite file but data: write --dataset 'imagefolder[path=pngs]'"),
        (["run", "my_margin.py"], "'my_margin.py' is a file: write --plugin my_margin.py -s my-margin."),
        (["show", "my_margin.py"], "write albench show --plugin my_margin.py my-margin."),
        (["data", "verify", "vec.npz"], "write features[path=vec.npz]."),
    ],
)
def test_commands_tell_it_in_one_line(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert told in capsys.readouterr().err
