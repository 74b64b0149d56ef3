"""The intent classifier: a linear model over the sentence embedding, characters and words.

Labels are full intents: sections of the knowledge base apart (`faq/invoice-details.csv`), flows by
their name. Chosen by cross-validation on data/nlu (docs/decisions/0003).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from knowledge_base.encoder import Encoder

# Inverse strength of regularisation, and the weight of the embedding; found by cross-validation.
C = 3.0
DENSE_WEIGHT = 1.0
# What goes along with a wish without being one.
_COMPANIONS = frozenset({"inform", "greet", "thank", "bye"})
_CLEAR_WISH = 0.5
_CLAUSE_END = re.compile(r"[,.;:!\n]+(?=\s|$)|(?<=\?)\s+")
_CLAUSE_WORDS = 3
_MOST_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class IntentModel:
    """A fitted classifier; the encoder of `encoder_name` must be given to it again."""

    encoder_name: str
    lexical: FeatureUnion
    classifier: LogisticRegression

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], encoder: Encoder) -> IntentModel:
        """A model of these examples; the same examples give the same model."""
        lexical = _lexical_features().fit(texts)
        classifier = LogisticRegression(C=C, solver="liblinear", random_state=0)
        return cls(
            encoder.name, lexical, classifier.fit(_features(lexical, encoder, texts), list(labels))
        )

    def probabilities(self, texts: Sequence[str], encoder: Encoder) -> NDArray[np.float64]:
        """`(len(texts), n_labels)`, rows that add up to 1, columns in the order of `labels`."""
        found: NDArray[np.float64] = self.classifier.predict_proba(
            _features(self.lexical, encoder, texts)
        )
        return found

    @property
    def labels(self) -> list[str]:
        """All labels."""
        return [str(label) for label in self.classifier.classes_]

    def rank(self, text: str, encoder: Encoder) -> list[tuple[str, float]]:
        """(label, probability) of every label, likeliest first; the probabilities add up to 1.

        A message that is mostly courtesy or data may hold a wish in one of its clauses ("Bonjour,
        je veux annuler les rappels, Julie Tremblay, site 4411"): that clause then speaks for it.
        """
        labels = self.labels
        chosen = self.probabilities([text], encoder)[0]
        foremost = {labels[place] for place in (-chosen).argsort()[:2]}
        clauses = _clauses(text) if foremost & _COMPANIONS else []
        for clause in self.probabilities(clauses, encoder) if clauses else ():
            best = clause.argmax()
            if labels[best] not in _COMPANIONS and clause[best] >= _CLEAR_WISH:
                chosen = clause
                break
        order = (-chosen).argsort(kind="stable")
        return [(labels[place], float(chosen[place])) for place in order]


def _clauses(text: str) -> list[str]:
    parts = [part.strip() for part in _CLAUSE_END.split(text)]
    telling = [part for part in parts if len(part.split()) >= _CLAUSE_WORDS]
    return telling[:_MOST_CLAUSES] if len(parts) > 1 else []


def _features(lexical: FeatureUnion, encoder: Encoder, texts: Sequence[str]) -> csr_matrix:
    dense = csr_matrix(DENSE_WEIGHT * encoder.encode(texts))
    return hstack([lexical.transform(list(texts)), dense]).tocsr()


def _lexical_features() -> FeatureUnion:
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), strip_accents="unicode", sublinear_tf=True, min_df=2
    )
    words = TfidfVectorizer(
        ngram_range=(1, 2),
        strip_accents="unicode",
        sublinear_tf=True,
        min_df=2,
        # One-letter words ("a", "y") and the marks of a question say something here.
        token_pattern=r"(?u)\b\w+\b|[?!]",
    )
    return FeatureUnion([("characters", characters), ("words", words)])
