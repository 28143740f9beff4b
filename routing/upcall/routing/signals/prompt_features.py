"""The words of a prompt as numbers, and single features of a table by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import InputError, require
from upcall.routing.tables.outcome_table import OutcomeTable

PRE = "pre."
"""Names of features that the device knows before it answers begin with it."""
COMPONENTS = 64
_MAX_TERMS = 20_000


class PromptFeatures:
    """Numbers of a prompt's text alone: TF-IDF of words and pairs of words, reduced by SVD, and its length and numerals.

    Standardised on the prompts that it was fitted on. A prompt of unknown words has zeros in the places of the words.

    Args:
        components: most dimensions of the words, ≥ 1; fewer where there are fewer prompts or words.
        seed: of the randomised SVD.
    """

    def __init__(self, *, components: int = COMPONENTS, seed: int = 0) -> None:
        self._components = components
        self._seed = seed
        self._terms: list[str] = []
        self._idf = np.zeros(0)
        self._projection = np.zeros((0, 0))
        self._mean = np.zeros(0)
        self._scale = np.zeros(0)

    def fit(self, prompts: Sequence[str | None]) -> Self:
        """Learn words, projection and scale of N prompts; None is read as empty.

        Raises:
            InputError: there are no prompts.
        """
        if not prompts:
            raise InputError("There are no prompts to learn features from.", allowed="one or more")
        texts = [prompt or "" for prompt in prompts]
        least = 2 if len(texts) >= 50 else 1
        text = require("sklearn.feature_extraction.text", extra="routing")
        extmath = require("sklearn.utils.extmath", extra="routing")
        vectorizer = text.TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, min_df=least, max_features=_MAX_TERMS, token_pattern=_WORD
        )
        self._terms, self._idf, self._projection = [], np.zeros(0), np.zeros((0, 0))
        try:
            weights = vectorizer.fit_transform(texts)
        except ValueError:  # no word comes often enough; lengths are left
            weights = None
        if weights is not None:
            self._terms = [str(term) for term in vectorizer.get_feature_names_out()]
            self._idf = np.asarray(vectorizer.idf_)
            count = min(self._components, *weights.shape)
            _, _, directions = extmath.randomized_svd(weights, count, random_state=self._seed)
            self._projection = np.asarray(directions, dtype=np.float64)
        raw = self._raw(texts)
        self._mean = raw.mean(axis=0)
        deviation = raw.std(axis=0)
        self._scale = np.where(deviation > 1e-9, deviation, 1.0)
        return self

    def transform(self, prompts: Sequence[str | None]) -> NDArray[np.float32]:
        """[N, F] float32 of N prompts."""
        raw = self._raw([prompt or "" for prompt in prompts])
        return np.asarray((raw - self._mean) / self._scale, dtype=np.float32)

    def _raw(self, texts: Sequence[str]) -> NDArray[np.float64]:
        numbers = np.array([_shape_of(one) for one in texts], dtype=np.float64).reshape(len(texts), 4)
        if not self._terms or not texts:
            return np.hstack([np.zeros((len(texts), len(self._projection))), numbers])
        text = require("sklearn.feature_extraction.text", extra="routing")
        vectorizer = text.TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, vocabulary=self._terms, token_pattern=_WORD
        )
        vectorizer.idf_ = self._idf
        return np.hstack([np.asarray(vectorizer.transform(texts) @ self._projection.T), numbers])


_WORD = r"(?u)\b\w+\b"  # single letters and digits count: options and sums are made of them


def _shape_of(text: str) -> tuple[float, float, float, float]:
    """Logarithms of characters, words, digits and sentences."""
    digits = sum(letter.isdigit() for letter in text)
    sentences = text.count(".") + text.count("?") + text.count("\n")
    return (
        float(np.log1p(len(text))),
        float(np.log1p(len(text.split()))),
        float(np.log1p(digits)),
        float(np.log1p(sentences)),
    )


def feature(table: OutcomeTable, name: str) -> NDArray[np.float64]:
    """[N] one feature of tier 0, by its name.

    Raises:
        InputError: the table does not hold it.
    """
    if table.features[0] is None or name not in table.feature_names[0]:
        raise InputError(
            f"The table lacks the feature {name} of {table.tiers[0]}.",
            next_step="collect it, or leave out the methods that need it",
        )
    return table.features[0][:, table.feature_names[0].index(name)].astype(np.float64)
