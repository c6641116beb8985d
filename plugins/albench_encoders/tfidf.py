"""Words and pairs of words, weighed by how rare they are among the pool's texts (Sparck Jones, 1972, J. Doc. 28)."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from albench.api import Encoder, Task, UserError, option
from albench_encoders.libraries import version


@dataclass(frozen=True)
class TfIdf(Encoder):
    """Term frequency times inverse document frequency of words and pairs of words, fitted on the pool's texts alone.

    Which words there are, and how rare each is, comes of the training texts, never of a label, of validation or of
    test texts. The ``features`` most frequent words and pairs are kept, as vectors are dense; ``dim`` makes fewer
    numbers of them by a truncated singular value decomposition (Deerwester et al., 1990). Vectors have unit length
    times the square root of D, so that a network learns from them as from others. scikit-learn's ``TfidfVectorizer``,
    licence BSD-3-Clause.
    """

    modalities = frozenset({"text"})
    block_size = 1024

    features: int = option(4096, "words and pairs that are kept, the most frequent ones", ge=1)
    words: int = option(2, "longest run of words that counts as one: 1 words alone, 2 pairs too", ge=1, le=5)
    dim_: int | None = option(
        None, "numbers of a vector, by a singular value decomposition; none: as many as words", ge=2, name="dim"
    )

    def fingerprint(self) -> str:
        """scikit-learn's version: it says what a word is."""
        return version("scikit-learn")

    def fit(self, x: np.ndarray) -> Encoder:
        """The encoder with the words of the training texts x (N,)."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(
            max_features=self.features, ngram_range=(1, self.words), sublinear_tf=False, dtype=np.float32
        )
        try:
            weighed = vectorizer.fit_transform([str(text) for text in x])
        except ValueError:
            raise UserError(
                "tfidf: no training text has a word of two letters or more; name another encoder."
            ) from None
        reduction = None
        if self.dim_ is not None and self.dim_ < min(weighed.shape):
            reduction = TruncatedSVD(self.dim_, random_state=0).fit(weighed)
        return Fitted(**dataclasses.asdict(self), vectorizer=vectorizer, reduction=reduction)

    def dim(self, task: Task) -> int:
        """Known once it is fitted."""
        raise UserError("tfidf: it has to be fitted before.")


@dataclass(frozen=True)
class Fitted(TfIdf):
    """With the words of a pool.

    Attributes
    ----------
    vectorizer, reduction
        scikit-learn's, fitted; the second is None where all words are kept.
    """

    vectorizer: Any = dataclasses.field(default=None, compare=False)
    reduction: Any = dataclasses.field(default=None, compare=False)

    def dim(self, task: Task) -> int:
        """As many numbers as there are words, or as was asked for."""
        return self.reduction.n_components if self.reduction is not None else len(self.vectorizer.vocabulary_)

    def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
        """(n, D) float32 of texts x (n,); a text without a known word is zero."""
        weighed = self.vectorizer.transform([str(text) for text in x])
        if self.reduction is None:
            vectors = weighed.toarray()
        else:
            vectors = self.reduction.transform(weighed)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        found: np.ndarray = np.asarray(vectors * math.sqrt(vectors.shape[1]), np.float32)
        return found
