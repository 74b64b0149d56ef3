"""TF-IDF of one text at a time, as scikit-learn's vectorizers give it.

They are fitted there and applied here: a message has some hundred features, and the checks that
scikit-learn makes for any number of texts cost it two milliseconds. Used by intents.py.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion


class Tfidf:
    """What `features.transform` gives, for vectorizers with sublinear counts and rows of length 1.

    Raises:
        ValueError: One of the vectorizers counts or scales in another way.
    """

    def __init__(self, features: FeatureUnion) -> None:
        self._parts = []
        first = 0
        for _, vectorizer in features.transformer_list:
            _require_known(vectorizer)
            self._parts.append(
                (vectorizer.build_analyzer(), vectorizer.vocabulary_, vectorizer.idf_, first)
            )
            first += len(vectorizer.vocabulary_)

    def of(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The columns that are not 0, and their values."""
        places, values = [], []
        for analyse, vocabulary, idf, first in self._parts:
            counts = Counter(vocabulary[term] for term in analyse(text) if term in vocabulary)
            columns = np.fromiter(counts, dtype=np.intp, count=len(counts))
            counted = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
            weighed = (1 + np.log(counted)) * idf[columns]
            length = np.sqrt(weighed @ weighed)
            places.append(columns + first)
            values.append(weighed / length if length else weighed)
        return np.concatenate(places), np.concatenate(values).astype(np.float32)


def _require_known(vectorizer: TfidfVectorizer) -> None:
    known = {"sublinear_tf": True, "norm": "l2", "use_idf": True, "binary": False}
    for name, value in known.items():
        if getattr(vectorizer, name) != value:
            raise ValueError(f"{name} is {getattr(vectorizer, name)!r}; only {value!r} is applied")
