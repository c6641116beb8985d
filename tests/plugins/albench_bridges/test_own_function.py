"""``callable``: a function in a file as a strategy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import albench
from albench.components.registry import registry
from albench.errors import ContractError, UserError
from albench.testing import make_view

FILE = Path(__file__).parents[2] / "plugin_files" / "functions.py"
RNG = np.random.default_rng(0)
P, Z = RNG.dirichlet(np.ones(3), 60), RNG.normal(size=(60, 4))


def spec(name: str, file: Path = FILE, **options: str) -> str:
    return f"callable[{','.join([f'path={file}:{name}', *(f'{key}={value}' for key, value in options.items())])}]"


def test_a_function_chooses_as_the_strategy_that_it_writes_anew() -> None:
    expected = albench.select("least-confidence", 7, probs=P).tolist()
    assert albench.select(spec("least_confident"), 7, probs=P).tolist() == expected
    assert albench.select(spec("unsure", returns="scores"), 7, probs=P).tolist() == expected


def test_its_arguments_say_what_it_needs() -> None:
    asks, starts = (registry().build("strategy", spec(name)) for name in ("unsure", "from_afar"))
    assert (asks.needs, asks.cold_start) == ({"probs"}, False)
    assert (starts.needs, starts.cold_start) == ({"embeddings"}, True)
    assert len(set(albench.select(spec("from_afar"), 5, embeddings=Z).tolist())) == 5


def test_every_argument_is_given_in_numpy(tmp_path: Path) -> None:
    (tmp_path / "all.py").write_text(
        "seen = {}\n"
        "def look(probs, logits, embeddings, x, labeled_x, labeled_y, labeled_probs, labeled_embeddings, n, n_classes,"
        " round, rng, own=3):\n"
        "    seen.update(locals())\n"
        "    return list(range(n))\n"
    )
    strategy = registry().build("strategy", spec("look", tmp_path / "all.py"))
    labels = torch.arange(5) % 3
    view = make_view(
        torch.randn(20, 4), weight=torch.eye(4)[:3], labeled_embeddings=torch.randn(5, 4), labeled_y=labels
    )
    assert strategy.select(view, 4) == [0, 1, 2, 3]
    seen: dict[str, Any] = strategy._function.__globals__["seen"]
    shapes = {name: value.shape for name, value in seen.items() if isinstance(value, np.ndarray)}
    assert {name: shape[0] for name, shape in shapes.items()} == {
        **dict.fromkeys(("probs", "logits", "embeddings", "x"), 20),
        **dict.fromkeys(("labeled_x", "labeled_y", "labeled_probs", "labeled_embeddings"), 5),
    }
    np.testing.assert_allclose(seen["probs"].sum(axis=1), 1, rtol=1e-5)
    assert (seen["n"], seen["n_classes"], seen["own"]) == (4, 3, 3)
    assert isinstance(seen["rng"], np.random.Generator)


def test_an_edit_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "edited.py"
    for column in (0, 1):
        file.write_text(f"def score(probs):\n    return probs[:, {column}]\n")
        assert albench.select(spec("score", file, returns="scores"), 1, probs=P) == [P[:, column].argmax()]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"callable[path={FILE}]", r"write callable\[path=FILE.py:FUNCTION\]"),
        ("callable[path=nowhere.py:f]", "nowhere.py cannot be read"),
        (spec("least_confidant"), "has no function least_confidant: it has least_confident, unsure, from_afar"),
        (spec("unknown"), "unknown has an argument 'probabilities': name it as one of probs, logits, embeddings, x"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(text: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as failed:
        registry().build("strategy", text)
    assert "\n" not in str(failed.value)


def test_a_file_that_fails_is_told_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import there_is_no_such_module\n")
    with pytest.raises(UserError, match=r"broken.py cannot be imported: ModuleNotFoundError: No module named 'there"):
        registry().build("strategy", spec("f", tmp_path / "broken.py"))


@pytest.mark.parametrize(
    ("name", "told"), [("nothing", "does select end in a return"), ("too_many", "returned 4 positions, 3 were asked")]
)
def test_what_it_returns_is_checked(name: str, told: str) -> None:
    with pytest.raises((UserError, ContractError), match=told):
        albench.select(spec(name), 3, embeddings=Z)


def test_probabilities_that_are_not_finite_never_become_a_choice() -> None:
    with pytest.raises((UserError, ContractError), match="not finite"):
        albench.select(spec("unsure", returns="scores"), 3, probs=np.where(P > 0.9, np.nan, P))
