"""The intent classifier: what a sentence embedding says and what its letters and words say.

Two logistic regressions, whose probabilities are multiplied: what only one of them believes is not
believed. Labels are full intents: sections of the knowledge base apart
(`faq/invoice-details.csv`), flows by their name. Chosen by measurement (docs/decisions/0003).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from bot.nlu.tfidf import Tfidf
from knowledge_base.encoder import Encoder
from knowledge_base.words import content_words

# Inverse strengths of regularisation.
C_MEANING = 10.0
C_SPELLING = 3.0
# Below it a probability says no more than "hardly".
HARDLY = 1e-4
# What goes along with a wish without being one.
_COMPANIONS = frozenset({"inform", "greet", "thank", "bye"})
_CLEAR_WISH = 0.5
_CLAUSE_END = re.compile(r"[,.;:!\n]+(?=\s|$)|(?<=\?)\s+")
_CLAUSE_WORDS = 3
# Where one question of a message ends and another begins.
_PART_END = re.compile(
    r"(?<=[.?!;])\s+|\n+|,?\s(?:et|pis|puis|and|also)\s(?:aussi\s|also\s)?"
    r"(?=(?:comment|où|quand|qui|est-ce|peut-on|how|where|when|who|can|do|does|is)\b)",
    re.IGNORECASE,
)
_PART_WORDS = 2
_MOST_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class Understood:
    """(label, probability) of every label, likeliest first; and the likeliest of each sentence.

    Of all labels the probabilities add up to 1. A message of one sentence has no `sentences`.
    """

    ranking: list[tuple[str, float]]
    sentences: list[tuple[str, float]]


@dataclass(frozen=True)
class IntentModel:
    """A fitted classifier; the encoder of `encoder_name` must be given to it again."""

    encoder_name: str
    labels: list[str]
    features: FeatureUnion
    meaning: LogisticRegression
    spelling: NDArray[np.float32]
    """`(n_features, n_labels)`, row by row in memory: a message takes some hundred of them."""
    offsets: NDArray[np.float32]

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], encoder: Encoder) -> IntentModel:
        """A model of these examples; the same examples give the same model."""
        features, wanted = lexical_features(), np.array(labels)
        spelled = features.fit_transform(list(texts))
        meaning = LogisticRegression(C=C_MEANING, max_iter=300)
        meaning.fit(encoder.encode(texts), wanted)
        # One label against all others, as many at once as there are cores: minutes of the training.
        spelling = Parallel(n_jobs=-1)(
            delayed(_fit_spelling)(spelled, wanted == label) for label in meaning.classes_
        )
        return cls(
            encoder.name,
            [str(label) for label in meaning.classes_],
            features,
            meaning,
            np.stack([weights for weights, _ in spelling], axis=1),
            np.array([offset for _, offset in spelling], dtype=np.float32),
        )

    def probabilities(self, texts: Sequence[str], encoder: Encoder) -> NDArray[np.float64]:
        """`(len(texts), n_labels)`, rows that add up to 1, columns in the order of `labels`."""
        # As `predict_proba` does, without scikit-learn's checks: half a millisecond a message.
        meant = softmax(
            encoder.encode(texts) @ self.meaning.coef_.T + self.meaning.intercept_, axis=1
        )
        spelled = expit(np.stack([self._spelled(text) for text in texts]))
        spelled /= spelled.sum(axis=1, keepdims=True)
        both = np.sqrt((meant + HARDLY) * (spelled + HARDLY))
        found: NDArray[np.float64] = both / both.sum(axis=1, keepdims=True)
        return found

    @cached_property
    def _tfidf(self) -> Tfidf:
        return Tfidf(self.features)

    def _spelled(self, text: str) -> NDArray[np.float32]:
        places, values = self._tfidf.of(text)
        scores: NDArray[np.float32] = values @ self.spelling[places] + self.offsets
        return scores

    def understand(self, text: str, encoder: Encoder) -> Understood:
        """What the message asks for, as a whole and in its sentences.

        A message that is mostly courtesy or data may hold a wish in one of its clauses ("Bonjour,
        je veux annuler les rappels, Julie Tremblay, site 4411"): that clause then speaks for it.
        """
        labels, sentences = self.labels, parts(text)
        chosen, *asked = self.probabilities([text, *sentences], encoder)
        foremost = {labels[place] for place in (-chosen).argsort()[:2]}
        clauses = _clauses(text) if foremost & _COMPANIONS else []
        for clause in self.probabilities(clauses, encoder) if clauses else ():
            best = clause.argmax()
            if labels[best] not in _COMPANIONS and clause[best] >= _CLEAR_WISH:
                chosen = clause
                break
        order = (-chosen).argsort(kind="stable")
        return Understood(
            [(labels[place], float(chosen[place])) for place in order],
            [(labels[row.argmax()], float(row.max())) for row in asked],
        )


def _fit_spelling(
    spelled: csr_matrix, is_label: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], float]:
    """Weights of the letters and words, and the offset, by which a message has the label."""
    # The dual problem: as many unknowns as messages, not as features, in a quarter of the time.
    fitted = LogisticRegression(
        C=C_SPELLING, solver="liblinear", dual=True, max_iter=1000, random_state=0
    ).fit(spelled, is_label)
    return fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0])


def parts(text: str) -> list[str]:
    """The questions and sentences of a message that holds several; none if it holds one."""
    found = [part.strip() for part in _PART_END.split(text)]
    telling = [part for part in found if len(content_words(part)) >= _PART_WORDS]
    return telling[:_MOST_CLAUSES] if len(telling) > 1 else []


def _clauses(text: str) -> list[str]:
    parts = [part.strip() for part in _CLAUSE_END.split(text)]
    telling = [part for part in parts if len(part.split()) >= _CLAUSE_WORDS]
    return telling[:_MOST_CLAUSES] if len(parts) > 1 else []


def lexical_features() -> FeatureUnion:
    """Characters and words, without accents, as TF-IDF; not fitted."""
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
